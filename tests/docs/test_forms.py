"""Citation and issue forms are what their readers take, and each form asks for the JSON."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PROJECT

TEMPLATES = PROJECT / ".github" / "ISSUE_TEMPLATE"
FORMS = sorted(path for path in TEMPLATES.glob("*.yml") if path.name != "config.yml")
SCHEMAS = [
    ("vendor.citation-file-format", PROJECT / "CITATION.cff"),
    ("vendor.github-issue-config", TEMPLATES / "config.yml"),
    *(("vendor.github-issue-forms", form) for form in FORMS),
]


@pytest.mark.parametrize(("schema", "path"), SCHEMAS, ids=lambda each: each.name if isinstance(each, Path) else each)
def test_it_is_of_its_schema(schema: str, path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, "--default-filetype", "yaml", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form_asks_for_the_json(form: Path) -> None:
    assert "id: json" in form.read_text(encoding="utf-8")


def test_the_version_is_the_packages() -> None:
    (version,) = (line for line in (PROJECT / "CITATION.cff").read_text(encoding="utf-8").splitlines() if line.startswith("version:"))
    assert f'version = "{version.split()[1]}"' in (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
