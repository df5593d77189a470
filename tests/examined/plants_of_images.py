"""All faults of small networks of images."""

from __future__ import annotations

from tests.examined import (
    plants_of_activations,
    plants_of_convolutions,
    plants_of_norms,
    plants_of_order,
    plants_of_pooling,
    plants_outside,
    plants_together,
)

PLANTS = {
    **plants_of_convolutions.PLANTS,
    **plants_of_norms.PLANTS,
    **plants_of_activations.PLANTS,
    **plants_of_pooling.PLANTS,
    **plants_of_order.PLANTS,
    **plants_together.PLANTS,
    **plants_outside.PLANTS,
}
