"""
Simulated residuals with their tests
====================================

The left panel and the printed result give tests of uniformity, dispersion and outliers. With ``by``, the outcomes of
rows with the same value are added up before they are compared.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
found = fit.simulated_residuals(n=500, seed=1, by="age")
found.plot()
print(found)
