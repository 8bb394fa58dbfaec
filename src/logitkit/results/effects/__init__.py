"""Verbs that change variables in rows: effects, contrasts of profiles, means over a grid, inverse predictions."""
