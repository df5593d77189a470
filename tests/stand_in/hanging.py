from tests.stand_in import quick as quick
from tests.stand_in.framework import Hanging, StandIn

__getattr__ = StandIn(Hanging).__getattribute__
