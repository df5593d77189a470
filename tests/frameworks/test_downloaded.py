"""Weights that lie in a library's folder of downloads are looked at before they are used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CODE = """
import json, os
os.environ["TORCH_HOME"] = {home!r}
from pathlib import Path
from fixtures.models.resnet50.pytorch import expect_whole, imagenet
from fixtures.models.weights import WeightsError

def said(call):
    try:
        call()
    except WeightsError as error:
        return str(error)
    return ""

whole = Path({whole!r})
result = json.dumps([said(imagenet), said(lambda: expect_whole(whole)), said(lambda: expect_whole(whole.with_name("none-0.pth")))])
"""


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(1000), b"", b"<html>404</html>"])
def test_what_is_not_the_file_of_that_name_is_named_with_the_mend(
    run_in: Callable[[str, str], Any], tmp_path: Path, content: bytes
) -> None:
    """PyTorch: "UnpicklingError: invalid load key", and no file (pytorch#170244)."""
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    file = checkpoints / "resnet50-11ad3fa6.pth"
    file.write_bytes(content)
    whole = checkpoints / f"other-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    whole.write_bytes(content)
    damaged, sound, missing = json.loads(run_in("pytorch", CODE.format(home=str(tmp_path), whole=str(whole))))
    assert str(file) in damaged
    assert "begins with 11ad3fa6" in damaged
    assert "Remove the file" in damaged
    assert (sound, missing) == ("", "")
