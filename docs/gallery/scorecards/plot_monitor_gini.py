"""
Does the card still order applicants?
=====================================

The Gini coefficient of each cohort with its interval, once its outcomes are known. If the whole interval is below the
limit, it is time for a new card.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
old, later = loans.iloc[:400], loans.iloc[400:].copy()
later["wave"] = [1 + row // 100 for row in range(len(later))]
card = lk.scorecard(["checking_status", "duration", "age"], old, target="class", event="bad")
monitor = card.monitor(later, period="wave", known=1)
monitor.plot("gini")
