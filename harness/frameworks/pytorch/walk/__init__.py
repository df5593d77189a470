"""The walk: PyTorch's network computes beside another framework's tape (`frameworks.tape`); where they part, and why.

walking.py       what is asked for: of inference, of training, of a lower precision, of the catalogue
inference.py     one forward pass; training.py a few steps, by gradients.py, statistics.py and steps.py
layers.py        how far apart each layer is, where rounding shows
mode.py          the walk itself: looks each call up (nearest.py), knows when a layer is complete (completed.py), examines what parts
numbered.py      the calls of a pass (call.py), numbered; rewritten.py makes some of them in another way
search.py        tries the catalogue/ on the calls before a place (region.py computes them again)
joined.py        two findings that are one fault
beforehand.py    what the tape tells by itself
"""
