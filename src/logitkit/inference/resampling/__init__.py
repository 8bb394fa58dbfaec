"""Refits of a model with other weights of its rows or with other outcomes."""
