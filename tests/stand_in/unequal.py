from tests.stand_in import quick as quick
from tests.stand_in.framework import StandIn, Unequal

__getattr__ = StandIn(Unequal).__getattribute__
