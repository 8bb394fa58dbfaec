"""Scorecards, their validation and their monitoring as documents and tables."""
