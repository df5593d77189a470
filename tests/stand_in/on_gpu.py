from tests.stand_in import few_images as few_images
from tests.stand_in.gpu_framework import OnGpu

__getattr__ = OnGpu().__getattribute__
