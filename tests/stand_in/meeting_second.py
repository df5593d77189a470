from tests.stand_in import quick as quick
from tests.stand_in.meeting import MeetingFramework

__getattr__ = MeetingFramework("second").__getattribute__
