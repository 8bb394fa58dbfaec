"""Scorecards as plain versioned JSON, without any row of the data, and back."""
