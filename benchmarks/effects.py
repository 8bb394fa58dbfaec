"""Average effects of 10 numbers and 2 factors of 5 levels, beside the fit from its formula and marginaleffects."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from beside import Beside, aimed, run_works
from timing import Effort

import logitkit as lk

NUMBERS = 10
FULL, SMALL = (1_000_000, 10_000), (20_000, 1_000)  # rows of ours beside the fit, and of both
FORMULA = "y ~ " + " + ".join([*(f"x{i}" for i in range(NUMBERS)), "g", "h"])


def table(n: int) -> pd.DataFrame:
    """Return rows with 10 normal numbers and 2 factors of 5 levels."""
    rng = np.random.default_rng(1)
    data = pd.DataFrame({f"x{i}": rng.normal(size=n) for i in range(NUMBERS)})
    for name in "gh":
        data[name] = pd.Categorical(rng.choice(list("abcde"), n))
    eta = -0.5 + 0.1 * data[[f"x{i}" for i in range(NUMBERS)]].sum(axis=1) + 0.2 * (data["g"] == "b")
    return data.assign(y=(rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(int))


def works(quick: bool, effort: Effort) -> Iterator[Beside]:
    """Yield the effects of many rows beside the fit, and those of fewer beside marginaleffects."""
    for n, with_peer in zip(SMALL if quick else FULL, (False, True), strict=True):
        data = table(n)
        fit = lk.logit(FORMULA, data)

        def ours(fit: lk.Fit = fit) -> np.ndarray:
            found = fit.effects().numbers
            return np.concatenate([found.value[:NUMBERS], found.std_error[:NUMBERS]])

        def marginaleffects(data: pd.DataFrame = data) -> Callable[[], np.ndarray]:
            import statsmodels.formula.api as smf
            from marginaleffects import avg_slopes

            peer = smf.logit(FORMULA, data).fit(disp=0, tol=1e-10)

            def run() -> np.ndarray:
                found = avg_slopes(peer)
                rows = {term: k for k, term in enumerate(found["term"]) if str(term).startswith("x")}
                places = [rows[f"x{i}"] for i in range(NUMBERS)]
                return np.concatenate([found[name].to_numpy()[places] for name in ("estimate", "std_error")])

            return run

        what = f"Average effects of {NUMBERS} numbers and 2 factors of 5 levels with standard errors, {n:,} rows"
        work = Beside(what, effort)
        own = work.time("logitkit", ours)
        one = work.time("logitkit, the fit from its formula", lambda data=data: lk.logit(FORMULA, data), same=False)
        if with_peer:
            work.time_if_there("marginaleffects, of a statsmodels Logit", marginaleffects)
        elif not quick:
            work.aim = aimed("Time", own / one, 1.0, "fits")
        yield work


if __name__ == "__main__":
    run_works(works, __doc__)
