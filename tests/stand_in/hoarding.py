from tests.stand_in import quick as quick
from tests.stand_in.framework import Hoarding, StandIn

__getattr__ = StandIn(Hoarding).__getattribute__
