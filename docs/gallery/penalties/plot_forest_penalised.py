"""
What a penalty keeps
====================

The non-zero coefficients at the strongest penalty within one standard error of the best. They are shrunken. There are
no intervals, because ordinary intervals would ignore the selection and be wrong.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().rename(columns={"class": "outcome"})
found = lk.cross_validate("outcome ~ .", loans, folds=lk.Folds(10, seed=1))
found.one_se.plot.forest(units={"duration": 12, "credit_amount": 1000})
