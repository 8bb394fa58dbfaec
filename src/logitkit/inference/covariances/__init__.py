"""Covariances of the estimates other than the inverse of the information."""
