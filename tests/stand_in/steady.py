from tests.stand_in import quick as quick
from tests.stand_in import undisturbed as undisturbed
from tests.stand_in.framework import StandIn, Steps

__getattr__ = StandIn(Steps).__getattribute__
