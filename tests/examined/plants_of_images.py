"""All faults of images' networks, in small models and shipped ones."""

from __future__ import annotations

from tests.examined import (
    plants_of_activations,
    plants_of_convolutions,
    plants_of_norms,
    plants_of_order,
    plants_of_pooling,
    plants_of_shipped,
    plants_outside,
    plants_together,
)

PLANTS = {
    **plants_of_convolutions.PLANTS,
    **plants_of_norms.PLANTS,
    **plants_of_activations.PLANTS,
    **plants_of_pooling.PLANTS,
    **plants_of_order.PLANTS,
    **plants_of_shipped.PLANTS,
    **plants_together.PLANTS,
    **plants_outside.PLANTS,
}
