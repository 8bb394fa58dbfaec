"""Validation: the performance of a model, made in the same way, on rows that were not used to make it."""
