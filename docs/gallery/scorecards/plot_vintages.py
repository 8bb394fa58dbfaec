"""
Bad rates by age of the account
===============================

Each line is a year of opening: its cumulative bad rate by months on book. Lines end where the youngest account of the
cohort is.
"""

import logitkit as lk

loans = lk.datasets.load_sba_window()
loans = loans[loans["approval_date"] < "2006-01-01"]
found = lk.scorecard.vintages(
    loans,
    opened="approval_date",
    event="charge_off_date",
    until="2007-09-30",
    every="year",
)
found.plot()
