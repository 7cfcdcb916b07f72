"""What an examiner keeps of an examination: media, results, marks and notes in one file."""
