"""
A number in its best bins
=========================

Bars are the counts, points the bad rate of each bin with its interval. The bins are those of the largest information
value whose rates only rise.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
bins = lk.scorecard.Bins(shape="up", max_bins=4)
lk.scorecard.binning("duration", loans, target="class", event="bad", bins=bins).plot()
