"""A command a module: its name, its options, and the way from them to an exit code."""
