"""
Does the model hold in every clinic?
====================================

Each site is predicted by the model of the others. The diamond is the mean over sites, the bar below it where the
value of another site would lie.
"""

import logitkit as lk

rows = lk.datasets.load_lbw()
rows["clinic"] = [f"clinic {number % 6 + 1}" for number in range(len(rows))]
found = lk.logit("low ~ age + lwt + smoke", rows).validate("internal-external", by="clinic")
found.plot("c")
