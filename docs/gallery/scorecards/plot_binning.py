"""
A number in its best bins
=========================

Points are the bad rates of the bins with their intervals; bars are the proportions of rows. Of all binnings into at
most four bins with rising bad rates, this one has the largest information value.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
bins = lk.scorecard.Bins(shape="up", max_bins=4)
lk.scorecard.binning("duration", loans, target="class", event="bad", bins=bins).plot()
