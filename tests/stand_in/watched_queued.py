from tests.stand_in.framework import Queued
from tests.stand_in.watched import Watched

__getattr__ = Watched(Queued).__getattribute__
