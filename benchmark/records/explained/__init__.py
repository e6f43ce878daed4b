"""What `make explain` measured: for each question, N and seed one small JSON file."""
