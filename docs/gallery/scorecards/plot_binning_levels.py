"""
Levels in their best bins
=========================

Levels of similar bad rates share a bin, and its label names them; the bins stand in the order of their bad rates.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
lk.scorecard.binning("purpose", loans, target="class", event="bad").plot()
