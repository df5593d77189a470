from tests.stand_in import quick as quick
from tests.stand_in.framework import Raising, StandIn

__getattr__ = StandIn(Raising).__getattribute__
