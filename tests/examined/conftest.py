"""The frameworks' own interpreters, as in the tests of the frameworks."""

from tests.frameworks.conftest import run_in as run_in
