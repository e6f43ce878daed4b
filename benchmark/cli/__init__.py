"""The commands behind the make targets: options, printing, exit codes. No flow of its own."""
