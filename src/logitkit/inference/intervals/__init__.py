"""Confidence intervals other than those from standard errors."""
