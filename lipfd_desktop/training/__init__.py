"""Training: settings as data, tasks, and the trainer that they share."""
