"""What is done with the JSON files after pytest: one command line, `python -m history`."""
