"""A link between two network namespaces, where the machine lets one be made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.links.link import Link, NoLinkError, make_link
from tests.links.ranks import make_weights

DELAY_SECONDS = 0.002
BITS_PER_SECOND = 200e6


@pytest.fixture
def link() -> Iterator[Link]:
    try:
        link = make_link(DELAY_SECONDS, BITS_PER_SECOND)
    except NoLinkError as error:
        pytest.skip(f"no link between two network namespaces can be made here: {error}")
    yield link
    link.close()


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of the multilayer perceptron's."""
    return make_weights(str(tmp_path_factory.mktemp("weights")))
