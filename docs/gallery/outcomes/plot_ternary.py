"""
Three probabilities in a triangle
=================================

Each point is a row. The nearer a point is to a corner, the more probable that outcome is. The colour shows the
outcome that occurred.
"""

import logitkit as lk

loans = lk.datasets.load_credit_data().query("Home in ['owner', 'rent', 'parents']").sample(400, random_state=1)
fit = lk.multinomial("Home ~ Age + Seniority + Income + Marital + Assets", loans)
fit.plot.ternary()
