"""
A forest plot of twelve terms
=============================

The rows follow the order of the formula. ``labels`` replaces the column names with words. The intervals are by
profile likelihood, as the axis says.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
fit = lk.logit(
    "bad ~ duration + age + installment_commitment + existing_credits + checking_status + housing + job",
    loans,
)
fit.plot.forest(
    units={"duration": 12, "age": 10},
    labels={
        "duration": "Duration (months)",
        "age": "Age (years)",
        "installment_commitment": "Instalments (% of income)",
        "existing_credits": "Credits at this bank",
        "checking_status": "Checking account",
        "housing": "Housing",
        "job": "Job",
    },
    method="profile",
    title="German credits",
)
