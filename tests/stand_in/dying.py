from tests.stand_in import quick as quick
from tests.stand_in.framework import Dying, StandIn

__getattr__ = StandIn(Dying).__getattribute__
