"""Rows with their predictions: which there are, in which order, in which groups and covariate patterns."""
