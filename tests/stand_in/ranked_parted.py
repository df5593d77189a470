from tests.stand_in import quick as quick
from tests.stand_in.ranked import Parted, Ranked

__getattr__ = Ranked(part=Parted).__getattribute__
