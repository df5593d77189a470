from tests.stand_in import quick as quick
from tests.stand_in.framework import OomKilled, StandIn

__getattr__ = StandIn(OomKilled).__getattribute__
