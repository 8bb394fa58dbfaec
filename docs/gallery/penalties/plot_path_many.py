"""
The path of forty-eight columns
===============================

All columns of the German loans under an elastic net. The largest coefficients are labelled at the ends of their
lines.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().rename(columns={"class": "outcome"})
lk.path("outcome ~ .", loans, penalty=lk.ElasticNet(l1_ratio=0.5)).plot()
