"""Validation: what a model that was made in the same way would show in rows that it was not made from."""
