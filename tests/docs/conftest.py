"""What the session's tests have, the pages' tests have too."""

from tests.session.conftest import inner as inner
