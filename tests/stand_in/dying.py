from tests.stand_in.framework import StandIn, Dying

__getattr__ = StandIn(Dying).__getattribute__
