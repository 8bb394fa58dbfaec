"""
ROC curves of old and new rows
==============================

The second curve is drawn on the Axes of the first. The gap between them combines optimism with any change in the
population.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
ax = fit.discrimination().plot(label="development")
fit.discrimination(new).plot(ax, label="new rows")
