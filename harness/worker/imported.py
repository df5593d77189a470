"""A framework's import, without what Python's search for garbage takes of it.

Whenever objects have become a quarter more it looks through all that there are, which is a tenth of TensorFlow's import and a sixth of
PyTorch's; and through all of the framework whenever a case is given up. So it looks at what is new alone, once at all of it, and leaves
alone what is there then. It still looks at what is new, or memory would grow.
"""

from __future__ import annotations

import gc
import importlib
import sys
from types import ModuleType

NEVER = 10**9


def imported(module: str) -> ModuleType:
    """As `importlib.import_module`; raises what that raises."""
    if module in sys.modules:
        return importlib.import_module(module)
    thresholds = gc.get_threshold()
    gc.set_threshold(*thresholds[:2], NEVER)
    try:
        return importlib.import_module(module)
    finally:
        gc.set_threshold(*thresholds)
        gc.collect()
        gc.freeze()
