"""Ranks that somebody else has launched: torchrun, Slurm or MPI start pytest once for each of them.

The first one runs the session. Each other one becomes the place where that rank's workers run: it connects to the first one, so that no
port is open on its machine, and serves until that session ends. `launchers` reads what a launcher tells, `secret` keeps strangers out,
`line` is the connection, `places` shares out what they have, and `taking` is what pytest calls.
"""
