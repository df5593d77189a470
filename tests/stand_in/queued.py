from tests.stand_in import quick as quick
from tests.stand_in.framework import Queued, StandIn

__getattr__ = StandIn(Queued).__getattribute__
