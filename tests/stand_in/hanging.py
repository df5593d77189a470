from tests.stand_in.framework import StandIn, Hanging

__getattr__ = StandIn(Hanging).__getattribute__
