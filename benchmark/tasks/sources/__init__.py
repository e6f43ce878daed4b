"""Places that images come from: `find` picks one for a task, and each kind has a file."""
