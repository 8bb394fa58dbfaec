"""
Which variable has changed?
===========================

The stability index of each variable, by period. A large index shows in which variable the applicants have changed.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
old, later = loans.iloc[:400], loans.iloc[400:].copy()
later["wave"] = [1 + row // 100 for row in range(len(later))]
card = lk.scorecard(["checking_status", "duration", "age"], old, target="class", event="bad")
monitor = card.monitor(later, period="wave", known=1)
monitor.plot("csi")
