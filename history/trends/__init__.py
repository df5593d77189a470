"""When a case became slower, faster, larger or smaller over the nights: change points in the history of a machine.

Figures in: cases that share a framework and a machine, a value a night. Out: changes with size, interval and the nights they may have
happened in. The limits are what `tests/history/trend_simulation.py` found.
"""
