"""
Which strength does cross-validation choose?
============================================

The mean deviance of the held-out rows with its standard error, by strength of the penalty. The vertical lines mark
the strength with the smallest deviance, and the strongest penalty within one standard error of it.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().rename(columns={"class": "outcome"})
lk.cross_validate("outcome ~ .", loans, folds=lk.Folds(10, seed=1)).plot()
