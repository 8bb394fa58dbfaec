"""Verbs that set variables to other values: effects, contrasts of profiles, marginal means, inverse predictions."""
