"""Ways to run a function over jobs; each way has a file, and none knows what a job is."""
