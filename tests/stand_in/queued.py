from tests.stand_in.framework import StandIn, Queued

__getattr__ = StandIn(Queued).__getattribute__
