"""Updates of a model by new rows: a prior at its coefficients, new predictors, the ladder of updates."""
