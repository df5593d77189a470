from tests.stand_in import quick as quick
from tests.stand_in.framework import StandIn

__getattr__ = StandIn(seconds=0.006).__getattribute__
