"""
Odds ratios of ordered outcomes
===============================

One odds ratio per term, of a higher rating against a lower one, the same at each cut between ratings.
"""

import logitkit as lk

reviews = lk.datasets.load_womens_reviews().query("department in ['Dresses', 'Tops', 'Bottoms']")
fit = lk.ordinal("rating ~ age + department", reviews)
fit.plot.forest(units={"age": 10})
