"""
What is assumed of those who were refused?
==========================================

Bad rates by score of accepts, and of rejects under each assumption. Nothing in the data decides between them.
"""

import logitkit as lk
from logitkit.scorecard import FuzzyAugmentation, Parcelling

loans = lk.datasets.load_german_credit()
refused = (loans["duration"] > 24) & (loans.index % 3 > 0)
accepts, rejects = loans[~refused], loans[refused]
card = lk.scorecard(["checking_status", "age"], accepts, target="class", event="bad")
methods = [Parcelling(factor=1.3), FuzzyAugmentation(odds=2)]
lk.scorecard.reject_inference(card, accepts, rejects, methods).plot()
