"""
Bad rates by age of the account
===============================

Each line is the cumulative bad rate of the accounts opened in one year, by months on book. A line ends at the age of
the youngest account in its cohort.
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
