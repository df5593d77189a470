"""Weights that lie in a library's folder of downloads are looked at before they are used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PUBLISHED = {"resnet50": "resnet50-11ad3fa6.pth", "mobilenet_v2": "mobilenet_v2-7ebf99e0.pth", "vit_b_16": "vit_b_16-c867db91.pth"}
CODE = """
import json, os
os.environ["TORCH_HOME"] = {home!r}
from pathlib import Path
from fixtures.models.code import builder
from fixtures.models.folder import find
from fixtures.models.published import expect_whole
from fixtures.models.weights import WeightsError

def said(call):
    try:
        call()
    except WeightsError as error:
        return str(error)
    return ""

whole = Path({whole!r})
found = {{model: said(builder(find(model), "pytorch").pretrained) for model in {models!r}}}
result = json.dumps([found, said(lambda: expect_whole(whole)), said(lambda: expect_whole(whole.with_name("none-0.pth")))])
"""


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(1000), b"", b"<html>404</html>"])
def test_what_is_not_the_file_of_that_name_is_named_with_the_mend(
    run_in: Callable[[str, str], Any], tmp_path: Path, content: bytes
) -> None:
    """PyTorch: "UnpicklingError: invalid load key", and no file (pytorch#170244)."""
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    for name in PUBLISHED.values():
        (checkpoints / name).write_bytes(content)
    whole = checkpoints / f"other-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    whole.write_bytes(content)
    code = CODE.format(home=str(tmp_path), whole=str(whole), models=list(PUBLISHED))
    damaged, sound, missing = json.loads(run_in("pytorch", code))
    for model, name in PUBLISHED.items():
        assert str(checkpoints / name) in damaged[model]
        assert f"begins with {Path(name).stem.rpartition('-')[2]}" in damaged[model]
        assert "Remove the file" in damaged[model]
    assert (sound, missing) == ("", "")
