"""Where a corpus and weights come from, by name; anything else is a folder, or a file, of the user's."""

from __future__ import annotations

GENERATED = "generated"  # a corpus that is drawn; the other that has a name is `fixtures.corpora.oxford.NAME`
SEEDED = "seeded"  # weights made from the experiment's seed
IMAGENET = "imagenet"  # downloaded ones
