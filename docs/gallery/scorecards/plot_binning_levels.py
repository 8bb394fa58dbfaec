"""
Levels in their best bins
=========================

Levels of similar bad rates share a bin; its label names them.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
lk.scorecard.binning("purpose", loans, target="class", event="bad").plot()
