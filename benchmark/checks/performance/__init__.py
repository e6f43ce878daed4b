"""What the suite costs beside the arithmetic itself; `perf` is the way in."""
