"""
Simulated residuals with their tests
====================================

``simulated_residuals`` has the tests of uniformity, dispersion and outliers that stand in the panels; ``by`` adds the
outcomes of rows with the same value up before they are compared.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
found = fit.simulated_residuals(n=500, seed=1, by="age")
found.plot()
print(found)
