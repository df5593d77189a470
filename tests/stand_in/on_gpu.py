from tests.stand_in.gpu_framework import OnGpu

__getattr__ = OnGpu().__getattribute__
