"""The reference of options, ids and JSON fields, made from the code: `python -m tests.docs.reference` writes it into docs/reference."""
