"""A framework of a few lines of numpy, for tests of everything around a framework: its worker processes are real."""
