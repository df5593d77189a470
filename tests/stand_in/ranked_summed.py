from tests.stand_in import quick as quick
from tests.stand_in.ranked import Ranked, Summed

__getattr__ = Ranked(part=Summed).__getattribute__
