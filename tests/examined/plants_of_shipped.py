"""All faults of the models that ship with the suite."""

from __future__ import annotations

from tests.examined import plants_of_resnet50, plants_of_text_encoder
from tests.examined.plant import in_tensorflow

PLANTS = {
    **plants_of_resnet50.PLANTS,
    **plants_of_text_encoder.PLANTS,
    "mobilenet_v2_epsilon": in_tensorflow("mobilenet_v2", "features.0.1", "epsilon", ("epsilon=1e-5", "epsilon=1e-3")),
}
