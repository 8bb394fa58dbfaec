"""
Which strength does cross-validation choose?
============================================

The mean deviance of the rows held out, with its standard error. The marks are the strength of the least deviance, and
the strongest within one standard error of it.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().rename(columns={"class": "outcome"})
lk.cross_validate("outcome ~ .", loans, folds=lk.Folds(10, seed=1)).plot()
