"""Nomograms: points as R's rms has them, and their total gives every prediction of the fit."""

from __future__ import annotations

from typing import Any

import pytest

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.results.effects.nomogram import nomogram_of
from tolerances import ITERATIVE, REFERENCE


def found(fit: Any) -> Any:
    return nomogram_of(fit._own_rows)


def test_points_are_those_of_rms() -> None:
    """nomogram(lrm(low ~ age + lwt + race + smoke), age=c(14, 45), lwt=c(80, 250), fun=plogis), rms 6.8."""
    result = found(lk.logit("low ~ age + lwt + race + smoke", lk.datasets.load_lbw()))
    points = {scale.variable: dict(zip(scale.values, scale.points.tolist(), strict=True)) for scale in result.scales}
    assert points["age"]["14"] == pytest.approx(32.82942139, rel=REFERENCE)
    assert points["age"]["45"] == 0.0
    assert points["lwt"]["80"] == pytest.approx(100.0)
    assert points["race"] == pytest.approx({"white": 0.0, "black": 57.93148503, "other": 44.39846516}, rel=REFERENCE)
    assert points["smoke"] == pytest.approx({"0": 0.0, "1": 49.61366743}, rel=REFERENCE)
    totals = dict(zip(result.probabilities.tolist(), result.totals.tolist(), strict=True))
    wanted = {0.1: 75.79622433, 0.3: 139.31367181, 0.5: 179.18115479}
    assert {p: totals[p] for p in wanted} == pytest.approx(wanted, rel=ITERATIVE)  # rms interpolates these


@pytest.mark.parametrize(
    ("formula", "options"),
    [
        ("low ~ age + lwt + race + smoke", {}),
        ("low ~ bs(age, df=4) + C(race) + np.log(lwt)", {}),
        ("low ~ poly(age, 2) + race", {"link": "probit"}),
        ("low ~ 0 + race + lwt", {"link": "cloglog"}),
        ("low ~ age + race", {"penalty": lk.Ridge(0.1)}),
        ("low ~ age + lwt + race + smoke", {"penalty": lk.Lasso(0.01)}),
        ("low ~ age + lwt + smoke", {"penalty": lk.Bounds(lower=0.0)}),
    ],
)
def test_points_add_to_the_predictions(formula: str, options: Any) -> None:
    births = lk.datasets.load_lbw()
    fit = lk.logit(formula, births, **options)
    result = found(fit)
    shown = {scale.variable: scale for scale in result.scales}
    # The profile of the first values, and that of the last: points of both add to the linear predictor of such rows.
    for place in (0, -1):
        row = births.iloc[[0]].copy()
        for name, scale in shown.items():
            value = scale.values[place]
            row[name] = value if name == "race" else float(value)
        total = sum(float(scale.points[place]) for scale in shown.values())
        assert result.predictor(total) == pytest.approx(float(fit.predict_link(row).iloc[0]), abs=1e-9)


def test_a_curve_that_turns_is_one_scale_per_run() -> None:
    births = lk.datasets.load_lbw()
    axes = lk.logit("low ~ poly(age, 2) + smoke", births).plot.nomogram(title="Births")
    texts = [text.get_text() for text in axes.texts]
    assert sum(text.startswith("age, ") for text in texts) == 2
    assert "Probability of low = 1" in texts


def test_a_variable_that_a_lasso_left_out_has_no_scale_and_is_named_below() -> None:
    fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw(), penalty=lk.Lasso(0.05))
    gone = [name for name in ("age", "lwt", "smoke") if fit.coef[name] == 0.0]
    texts = [text.get_text() for text in fit.plot.nomogram().texts]
    assert gone
    assert not set(gone) & set(texts)
    assert f"Without points, as the coefficients are zero: {', '.join(gone)}." in texts


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda rows: lk.logit("low ~ age * smoke + lwt", rows), UnsupportedError, "age, smoke act together"),
        (lambda rows: lk.multinomial("race ~ age", rows), UnsupportedError, "several outcomes"),
        (lambda rows: lk.logit("low ~ age", rows, offset="ht"), UnsupportedError, "offset"),
        (lambda rows: lk.logit("low ~ age", rows, absorb="race"), UnsupportedError, "absorb"),
        (lambda rows: lk.logit("low ~ C(lwt)", rows, penalty=lk.Ridge(0.1)), DataError, "at most 12"),
        (lambda rows: lk.logit("low ~ 1", rows), DataError, "No variable changes"),
    ],
)
def test_what_has_no_nomogram_is_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(lk.datasets.load_lbw()).plot.nomogram()
