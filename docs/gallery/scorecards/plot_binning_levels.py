"""
Levels in their best bins
=========================

Levels with similar bad rates share a bin, and the label of the bin names them. The bins are in order of bad rate.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
lk.scorecard.binning("purpose", loans, target="class", event="bad").plot()
