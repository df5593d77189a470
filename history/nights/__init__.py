"""A folder of nights that is kept for years: each packed, and all but the newest without their rounds.

One direction: a file (`night_file`) → without its rounds (`condensed_file`) → the folder (`folder`). The report reads it as any other.
"""
