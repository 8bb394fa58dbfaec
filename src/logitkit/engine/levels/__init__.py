"""Factors of many levels, eliminated from the normal equations."""
