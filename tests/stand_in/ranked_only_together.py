from tests.stand_in import quick as quick
from tests.stand_in.ranked import OnlyTogether

__getattr__ = OnlyTogether().__getattribute__
