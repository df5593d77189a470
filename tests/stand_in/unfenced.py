from tests.stand_in import quick as quick
from tests.stand_in.framework import StandIn, Unfenced

__getattr__ = StandIn(Unfenced).__getattribute__
