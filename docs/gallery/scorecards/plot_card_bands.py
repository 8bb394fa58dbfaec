"""
Does the score keep its promise?
================================

Observed log odds in bands of points, against the line that the scaling promises. A second sample is drawn on the same
Axes.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
old, new = loans.iloc[:600], loans.iloc[600:]
card = lk.scorecard(
    ["checking_status", "duration", "age", "savings_status"],
    old,
    target="class",
    event="bad",
)
bands = card.bands(old, n=6)
ax = bands.plot(label="development")
card.bands(new, cuts=bands.cuts).plot(ax, label="later")
