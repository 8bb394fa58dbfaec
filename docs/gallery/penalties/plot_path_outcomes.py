"""
The path of several outcomes
============================

A grouped penalty lets a column enter for all outcomes at once: the lines of one column leave zero at the same
strength.
"""

import logitkit as lk

loans = lk.datasets.load_credit_data().query("Home in ['owner', 'rent', 'parents']")
penalty = lk.Lasso(across_outcomes=True)
lk.path(
    "Home ~ Age + Seniority + Income + Expenses + Assets",
    loans,
    model=lk.Multinomial(),
    penalty=penalty,
).plot()
