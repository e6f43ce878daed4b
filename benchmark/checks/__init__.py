"""Is it right? A task, a contribution, a file of results, the verdicts, the speed."""
