"""Averages of predictions, and their differences and ratios."""
