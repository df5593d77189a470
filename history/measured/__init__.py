"""A page of what a machine has measured, from the JSON of its sessions.

One direction: the files of a folder (`folder`, each a `session`) → a section a module → the page (`page`). Sides of a comparison are those
of one session: figures of two are never set against each other, but to tell how far the same case of one framework was apart.
"""
