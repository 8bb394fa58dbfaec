"""
Probabilities of ordered outcomes
=================================

The average probability of each rating against age, stacked. As the linear predictor rises, probability moves from
lower to higher ratings.
"""

import logitkit as lk

reviews = lk.datasets.load_womens_reviews().query("department in ['Dresses', 'Tops', 'Bottoms']")
fit = lk.ordinal("rating ~ age + department", reviews)
fit.plot.average_predictions("age", kind="stacked")
