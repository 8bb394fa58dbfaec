"""
Does the model hold in every clinic?
====================================

Each clinic is predicted by a model fitted to the others. The diamond is the mean over clinics. The bar below it is
the prediction interval for another clinic.
"""

import logitkit as lk

rows = lk.datasets.load_lbw()
rows["clinic"] = [f"clinic {number % 6 + 1}" for number in range(len(rows))]
found = lk.logit("low ~ age + lwt + smoke", rows).validate("internal-external", by="clinic")
found.plot("c")
