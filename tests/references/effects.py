"""Write effects/marginaleffects.json: marginaleffects (Python) over a statsmodels logit, on lbw.

Run in an environment of its own, which the tests never need:

    python -m venv /tmp/me && /tmp/me/bin/pip install marginaleffects statsmodels "polars<2"
    /tmp/me/bin/python tests/references/effects.py datasets/lbw.csv > tests/references/effects/marginaleffects.json

Its Jacobians are numerical, so that standard errors agree to four or five digits.
"""

from __future__ import annotations

import json
import sys
import warnings
from importlib.metadata import version

import pandas as pd
import statsmodels.formula.api as smf

warnings.filterwarnings("ignore")
KEPT = ("estimate", "std_error")
#: Steps in variables and in coefficients that leave the most digits to differences of differences.
STEPS = {"eps": 0.1, "eps_vcov": 1e-7}


def main() -> None:
    """Print the figures."""
    from marginaleffects import avg_comparisons, avg_slopes, slopes

    data = pd.read_csv(sys.argv[1])
    data["race"] = pd.Categorical(data["race"], ["white", "black", "other"])
    model = smf.logit("low ~ age*smoke + I((lwt/100)**2) + lwt + race", data).fit(
        disp=0, tol=1e-14, method="newton", maxiter=100
    )
    both = {"smoke": [0, 1]}
    found = {
        "slopes": avg_slopes(model, variables=["age", "lwt"], **STEPS),
        "race": avg_comparisons(model, variables="race"),
        "pairwise": avg_comparisons(model, variables={"race": "pairwise"}),
        "by race": avg_comparisons(model, variables=both, by="race"),
        "log risk ratio": avg_comparisons(model, variables=both, comparison="lnratioavg"),
        "log odds ratio": avg_comparisons(model, variables=both, comparison="lnoravg"),
        "eyex": avg_slopes(model, variables="lwt", slope="eyex", **STEPS),
        "dyex": avg_slopes(model, variables="lwt", slope="dyex", **STEPS),
        "eydx": avg_slopes(model, variables="lwt", slope="eydx", **STEPS),
    }
    out = {name: {column: table[column].to_list() for column in KEPT} for name, table in found.items()}
    rows = slopes(model, variables="age", **STEPS)
    out["rows"] = {column: rows[column].to_list()[:5] for column in KEPT}
    out["versions"] = {name: version(name) for name in ("marginaleffects", "statsmodels")}
    print(json.dumps(out, indent=1))  # noqa: T201 - a script that writes its table


if __name__ == "__main__":
    main()
