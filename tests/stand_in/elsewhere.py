from tests.stand_in import quick as quick
from tests.stand_in.framework import Elsewhere

__getattr__ = Elsewhere().__getattribute__
