"""
What a penalty keeps
====================

The coefficients that are not zero at the strength that cross-validation chose. Without refitting they have no
intervals.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().rename(columns={"class": "outcome"})
found = lk.cross_validate("outcome ~ .", loans, folds=lk.Folds(10, seed=1))
found.best.plot.forest(units={"duration": 12, "credit_amount": 1000})
