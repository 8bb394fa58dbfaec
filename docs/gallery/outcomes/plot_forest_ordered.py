"""
Odds ratios of ordered outcomes
===============================

Each odds ratio compares higher with lower ratings. It is the same wherever the ratings are cut in two.
"""

import logitkit as lk

reviews = lk.datasets.load_womens_reviews().query("department in ['Dresses', 'Tops', 'Bottoms']")
fit = lk.ordinal("rating ~ age + department", reviews)
fit.plot.forest(units={"age": 10})
