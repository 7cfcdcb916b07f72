"""From window scores to spans, frames, faces and one answer: pure functions, no network and no file."""

from lipfd_desktop.verdict.kept import with_grounds
from lipfd_desktop.verdict.reasons import explain
from lipfd_desktop.verdict.rule import decide, decide_each, undecided_between
from lipfd_desktop.verdict.spans import Spans, find_spans, suspicious_spans
from lipfd_desktop.verdict.speaking import SpeakingGuess, guess_speakers
from lipfd_desktop.verdict.statistic import ClipScore, clip_score, clip_statistic
from lipfd_desktop.verdict.summary import (
    TOUCHING,
    analysed_time,
    count_paths,
    deciding_face,
    frame_means,
    frame_scores,
    merged_spans,
    reaches,
    summarise_faces,
)

__all__ = [
    "TOUCHING",
    "ClipScore",
    "Spans",
    "SpeakingGuess",
    "analysed_time",
    "clip_score",
    "clip_statistic",
    "count_paths",
    "decide",
    "decide_each",
    "deciding_face",
    "explain",
    "find_spans",
    "frame_means",
    "frame_scores",
    "guess_speakers",
    "merged_spans",
    "reaches",
    "summarise_faces",
    "suspicious_spans",
    "undecided_between",
    "with_grounds",
]
