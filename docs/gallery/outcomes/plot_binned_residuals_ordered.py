"""
Residuals of ordered outcomes
=============================

Mean residuals of one outcome, here five stars, in groups of rows with similar ages.
"""

import logitkit as lk

reviews = lk.datasets.load_womens_reviews().query("department in ['Dresses', 'Tops', 'Bottoms']")
fit = lk.ordinal("rating ~ age + department", reviews)
fit.plot.binned_residuals(outcome=5, by="age")
