from tests.stand_in.framework import StandIn, Raising

__getattr__ = StandIn(Raising).__getattribute__
