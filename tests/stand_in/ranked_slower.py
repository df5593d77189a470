from tests.stand_in import quick as quick
from tests.stand_in.ranked import Ranked

__getattr__ = Ranked(0.004).__getattribute__
