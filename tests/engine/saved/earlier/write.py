"""Write small saved fits, and the numbers that they gave, with the logitkit on the path.

``python write.py FOLDER CASE ...`` was run at the commits that ``README.md`` names.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import logitkit as lk

ROWS = {
    "died": ["no", "yes", "no", "yes", "no", "yes", "yes", "no", "no", "yes", "no", "yes"],
    "dose": [1.0, 2.5, 2.0, 4.0, 3.0, 3.5, 1.5, 2.0, 1.0, 3.0, 2.5, 2.0],
    "age": [31.0, 44.0, 52.0, 38.0, 45.0, 60.0, 29.0, 41.0, 58.0, 50.0, 36.0, 47.0],
    "ward": ["a", "b", "c", "a", "b", "c", "a", "a", "b", "b", "c", "c"],
    "n": [1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 1, 1],
    "cured": [3, 5, 2, 6, 1, 4, 2, 3, 0, 5, 2, 4],
    "ill": [2, 1, 3, 0, 4, 1, 3, 2, 5, 1, 2, 2],
    "way": ["bus", "car", "walk", "car", "bus", "walk", "car", "bus", "walk", "car", "walk", "bus"],
    "grade": [1, 3, 2, 3, 1, 2, 3, 2, 1, 2, 3, 1],
}
TABLE = pd.DataFrame(ROWS)


def cases() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the name of each case and what fits it."""
    yield "binary", lambda: lk.logit("died ~ dose + C(ward) + I(2 * dose)", TABLE)
    yield "weights", lambda: lk.logit("cbind(cured, ill) ~ np.log(dose) + age", TABLE, weights="n")
    yield "absorbed", lambda: lk.logit("died ~ dose + age", TABLE, absorb="ward")
    yield "lasso", lambda: lk.logit("died ~ dose + age + ward", TABLE, penalty=lk.Lasso(0.05))
    yield "separated", lambda: lk.logit("(grade > 1) ~ dose + C(way)", TABLE.assign(dose=TABLE["grade"] + 0.1))
    yield "multinomial", lambda: lk.multinomial("way ~ dose", TABLE, reference="car")
    yield "offsets", lambda: lk.multinomial("way ~ age", TABLE, offset={"bus": "dose"}, weights="n")
    yield "symmetric", lambda: lk.multinomial("way ~ dose + age", TABLE, penalty=lk.Ridge(0.1))
    yield (
        "restricted",
        lambda: lk.multinomial("way ~ dose + age", TABLE, per_outcome={"walk": "dose"}, equal="dose"),
    )
    yield "offset", lambda: lk.logit("died ~ dose + offset(age / 50)", TABLE, cluster="ward")
    yield "learnt", lambda: lk.logit("died ~ scale(dose) + poly(age, 2)", TABLE)
    yield "matrix", lambda: lk.logit_matrix(TABLE[["dose", "age"]], TABLE["grade"] > 1)
    yield "probit", lambda: lk.fit("died ~ dose", TABLE, model=lk.Binary("probit", event="no", information="observed"))
    yield "cumulative", lambda: lk.fit("grade ~ dose + age", TABLE, model=lk.Ordinal(link="cloglog", nominal="age"))
    yield (
        "adjacent",
        lambda: lk.fit("way ~ dose + age", TABLE, model=lk.Ordinal("adjacent", order=["walk", "bus", "car"])),
    )


def numbers_of(fit: Any, name: str) -> dict[str, Any]:
    """Return what is compared, as lists."""
    record = fit.record
    new = (
        TABLE[["dose", "age"]] if name == "matrix" else TABLE.iloc[::2].drop(columns=["died", "grade", "cured", "ill"])
    )
    wanted = ["coef", "loglik", "null_loglik", "deviance"]
    wanted += [] if name == "lasso" else ["std_error", "vcov"]  # a lasso has none
    found = {each: getattr(record, each) for each in wanted}
    found |= {"names": list(record.names), "n_obs": record.n_obs, "n_params": record.n_params}
    found |= {"predicted": np.asarray(fit.predict(new)), "label": record.covariance.label}
    return {key: np.asarray(value).tolist() if isinstance(value, np.ndarray) else value for key, value in found.items()}


if __name__ == "__main__":
    folder, chosen = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(exist_ok=True)
    numbers = {}
    for name, make in cases():
        if name in chosen:
            fit = make()
            fit.save(folder / f"{name}.json")
            numbers[name] = numbers_of(fit, name)
    (folder / "numbers").write_text(json.dumps(numbers), encoding="utf-8")
