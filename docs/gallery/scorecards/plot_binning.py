"""
A number in its best bins
=========================

Points are the bad rate of each bin with its interval, bars the proportions of rows. The bins are those of the largest
information value among all whose rates only rise.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
bins = lk.scorecard.Bins(shape="up", max_bins=4)
lk.scorecard.binning("duration", loans, target="class", event="bad", bins=bins).plot()
