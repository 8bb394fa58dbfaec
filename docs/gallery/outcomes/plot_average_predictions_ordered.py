"""
Probabilities of ordered outcomes
=================================

As the linear predictor rises, probability moves from the lower outcomes to the higher ones.
"""

import logitkit as lk

reviews = lk.datasets.load_womens_reviews().query("department in ['Dresses', 'Tops', 'Bottoms']")
fit = lk.ordinal("rating ~ age + department", reviews)
fit.plot.average_predictions("age", kind="stacked")
