"""How linear predictors give a likelihood: a distribution and a link."""
