"""
A forest plot of twelve terms
=============================

The rows follow the formula; ``labels`` writes words in the place of names of columns. Intervals are those of the
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
