"""
What is assumed of those who were refused?
==========================================

The bad rate of the rejects under each assumption. The dashed line is the bad rate of the accepts, and the band runs
from the best case to the worst. The data cannot say which assumption is right.
"""

import logitkit as lk
from logitkit.scorecard import FuzzyAugmentation, Parcelling

loans = lk.datasets.load_german_credit()
refused = (loans["duration"] > 24) & (loans.index % 3 > 0)
accepts, rejects = loans[~refused], loans[refused]
card = lk.scorecard(["checking_status", "age"], accepts, target="class", event="bad")
methods = [Parcelling(factor=1.3), FuzzyAugmentation(odds=2)]
lk.scorecard.reject_inference(card, accepts, rejects, methods).plot()
