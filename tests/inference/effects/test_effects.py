"""Effects against marginaleffects, printed figures, closed forms, and averages of predictions with numerical errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.results.fit import Fit
from tolerances import EXACT, ROUTE

REFERENCES = Path(__file__).parents[2] / "references"
STORED = json.loads((REFERENCES / "effects" / "marginaleffects.json").read_text())
NUMERICAL = 1e-4  # the reference has forward differences of central differences
DIFFERENCES = 1e-6  # of central differences of predictions in coefficients


def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    rng = np.random.default_rng(3)
    return data.assign(
        w=1 + np.arange(len(data)) % 3,
        late=np.linspace(-1.0, 1.0, len(data)),
        site=np.arange(len(data)) % 23,
        size=pd.Categorical(rng.choice(["s", "m", "l"], len(data)), ["s", "m", "l"], ordered=True),
        dark=data["race"] != "white",
    )


@pytest.fixture(scope="module")
def fit() -> Any:
    return lk.logit("low ~ age*smoke + I((lwt/100)**2) + lwt + race", births())


PEER: dict[str, Callable[[Any], Any]] = {
    "slopes": lambda fit: fit.effects(["age", "lwt"]),
    "race": lambda fit: fit.effects("race"),
    "pairwise": lambda fit: fit.effects("race", contrast="pairwise"),
    "by race": lambda fit: fit.effects("smoke", change=(0, 1), by="race"),
    "eyex": lambda fit: fit.effects("lwt", change="eyex"),
    "dyex": lambda fit: fit.effects("lwt", change="dyex"),
    "eydx": lambda fit: fit.effects("lwt", change="eydx"),
}


@pytest.mark.parametrize("name", PEER)
def test_agrees_with_marginaleffects(fit: Any, name: str) -> None:
    found = PEER[name](fit).to_frame()
    assert_allclose(found["estimate"], STORED[name]["estimate"], rtol=NUMERICAL)
    assert_allclose(found["std_error"], STORED[name]["std_error"], rtol=NUMERICAL)


@pytest.mark.parametrize("scale", ["risk_ratio", "odds_ratio"])
def test_ratios_agree_on_the_logarithmic_scale(fit: Any, scale: str) -> None:
    stored = STORED[f"log {scale.replace('_', ' ')}"]
    found = fit.effects("smoke", change=(0, 1), scale=scale).to_frame().iloc[0]
    assert_allclose(np.log(found["estimate"]), stored["estimate"][0], rtol=NUMERICAL)
    assert_allclose(found["std_error"] / found["estimate"], stored["std_error"][0], rtol=NUMERICAL)
    half = 1.959963984540054 * stored["std_error"][0]
    assert_allclose(found["conf_high"], np.exp(stored["estimate"][0] + half), rtol=NUMERICAL)


def test_effects_by_row_agree(fit: Any) -> None:
    found = fit.effects("age", average=False).to_frame()
    assert len(found) == 189
    assert_allclose(found["estimate"][:5], STORED["rows"]["estimate"], rtol=NUMERICAL)
    # In some of these rows the reference's forward differences keep four digits.
    assert_allclose(found["std_error"][:5], STORED["rows"]["std_error"], rtol=5e-4)


def test_figures_of_r() -> None:
    """R 4.2.2, glm(epsilon = 1e-15): averages of dlogis and plogis, their errors from numDeriv::grad and vcov."""
    fit = lk.logit("low ~ age + lwt + race + smoke", births())
    found = fit.effects().to_frame().set_index("variable")
    for name, estimate, error in (
        ("age", -0.004341268653, 0.006568893755),
        ("lwt", -0.00241138306, 0.001190499813),
        ("smoke", 0.2033838471, 0.0681657853),
    ):
        assert_allclose(found.loc[name, ["estimate", "std_error"]].to_numpy(float), [estimate, error], rtol=1e-7)
    change = fit.effects("smoke", change=(0, 1)).to_frame().iloc[0]
    assert_allclose([change["estimate"], change["std_error"]], [0.2097604088, 0.07252064901], rtol=1e-7)
    for scale, ratio in (("risk_ratio", 1.897935951), ("odds_ratio", 2.613145352)):
        assert_allclose(fit.effects("smoke", change=(0, 1), scale=scale).to_frame()["estimate"], ratio, rtol=1e-9)


def moved(fit: Any, inner: Any) -> Any:
    record = fit.record
    return type(fit)(replace(record, inner_coef=inner, coef=np.array(record.coordinates.coef(inner))), fit.design)


def numerical(fit: Any, of: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Return values of a function of the fit, and standard errors by central differences in its coefficients."""
    inner, step = fit.record.inner_coef, 1e-5
    jacobian = np.stack(
        [
            (of(moved(fit, inner + step * e)) - of(moved(fit, inner - step * e))) / (2 * step)
            for e in np.eye(inner.size)
        ],
        axis=1,
    )
    return of(fit), np.sqrt(np.einsum("ij,jk,ik->i", jacobian, fit.record.inner_vcov.array(), jacobian))


FITS: dict[str, Callable[[Any], Any]] = {
    "polynomial": lambda d: lk.logit("low ~ poly(age, 2)*smoke + race + np.log(lwt)", d),
    "spline": lambda d: lk.logit("low ~ bs(age, df=4) + race:age + lwt", d),
    "offset": lambda d: lk.logit("low ~ age + race + offset(0.1*age)", d, offset="late"),
    "probit": lambda d: lk.logit("low ~ age*race + ui", d, link="probit"),
    "cloglog, weighted": lambda d: lk.logit("low ~ age + C(ftv > 0)*race", d, link="cloglog", weights="w"),
    "far": lambda d: lk.logit("low ~ age*far + race", d.assign(far=1e7 + d["lwt"])),
    "aliased": lambda d: lk.logit("low ~ age + race + dark", d),
    "multinomial": lambda d: lk.multinomial("race ~ age*smoke + lwt", d),
    "symmetric": lambda d: lk.multinomial("race ~ age*smoke + lwt", d, reference=None),
    "cumulative": lambda d: lk.ordinal("size ~ age*race + lwt", d),
    "partly proportional": lambda d: lk.ordinal("size ~ age + race", d, nominal="age", link="probit"),
    "adjacent": lambda d: lk.ordinal("size ~ age*race", d, model="adjacent"),
    "clustered": lambda d: lk.logit("low ~ age*race", d, cluster="site"),
}


def as_table(values: Any) -> Any:
    return np.atleast_2d(np.asarray(values, dtype=float).T)


@pytest.mark.parametrize("name", FITS)
def test_every_family_agrees_with_its_predictions(name: str) -> None:
    data = births()
    fit = FITS[name](data)
    data = data.assign(far=1e7 + data["lwt"])
    share = data["w"] / data["w"].sum() if "weighted" in name else np.full(len(data), 1 / len(data))
    h, age = 1e-4, data["age"].astype(float)
    inner = ((age > age.min()) & (age < age.max())).to_numpy() | ("spline" not in name)

    def slope(one: Any) -> Any:
        high, low = (
            as_table(
                one.predict(
                    data.assign(age=(age + s * h).clip(*([age.min(), age.max()] if name == "spline" else [-1e9, 1e9])))
                )
            )
            for s in (1, -1)
        )
        return ((high - low) * np.where(inner, 0.5, 1.0) / h) @ share

    value, error = numerical(fit, slope)
    found = fit.effects("age").to_frame()
    loose = 2e-5 if name == "spline" else DIFFERENCES  # one-sided differences of the brute force at the ends
    assert_allclose(found["estimate"], value, rtol=loose, atol=1e-8)
    assert_allclose(found["std_error"], error, rtol=20 * loose)
    if name == "aliased":
        with pytest.raises(DataError, match="Not estimable"):
            fit.effects("race")
        return
    if "race" not in fit.record.info.coding.variables:
        return

    def change(one: Any) -> Any:
        black, white = (
            as_table(one.predict(data.assign(race=pd.Categorical([level] * len(data), data["race"].cat.categories))))
            @ share
            for level in ("black", "white")
        )
        return black - white

    value, error = numerical(fit, change)
    found = fit.effects("race", change=("white", "black")).to_frame()
    assert_allclose(found["estimate"], value, rtol=ROUTE, atol=1e-12)
    assert_allclose(found["std_error"], error, rtol=DIFFERENCES * 10)


def test_a_saturated_table_is_standardised_by_hand() -> None:
    data = births().groupby(["smoke", "dark"]).agg(low=("low", "sum"), n=("low", "size")).reset_index()
    data["rest"] = data["n"] - data["low"]
    fit = lk.logit("cbind(low, rest) ~ C(smoke)*dark", data)
    rate = (data["low"] / data["n"]).to_numpy().reshape(2, 2)
    share = data["n"].to_numpy().reshape(2, 2).sum(axis=0) / data["n"].sum()
    found = fit.effects("smoke").to_frame().iloc[0]
    assert_allclose(found["estimate"], (rate[1] - rate[0]) @ share, rtol=ROUTE)
    spread = (rate * (1 - rate) / data["n"].to_numpy().reshape(2, 2)).sum(axis=0) @ share**2
    assert_allclose(found["std_error"], np.sqrt(spread), rtol=ROUTE)
    each = fit.effects("smoke", by="dark")
    assert_allclose(each.to_frame()["estimate"], rate[1] - rate[0], rtol=ROUTE)
    double = each.between().to_frame().iloc[0]
    assert_allclose(double["estimate"], np.diff(rate[1] - rate[0])[0], rtol=ROUTE)
    variance = (rate * (1 - rate) / data["n"].to_numpy().reshape(2, 2)).sum()
    assert_allclose(double["std_error"], np.sqrt(variance), rtol=ROUTE)
    assert_allclose(each.test("b2 - b1").estimates.p_value[0], double["p_value"], rtol=ROUTE)


def influence_by_hand(data: Any, cluster: Any = None) -> tuple[float, float]:
    """Return the risk difference of smoking and its error with covariates drawn, from scores and means."""
    X = np.column_stack([np.ones(len(data)), data["age"], data["lwt"], data["smoke"]]).astype(float)
    y = data["low"].to_numpy(float)
    fit = lk.logit("low ~ age + lwt + smoke", data)
    beta = fit.coef.to_numpy()
    one, zero = X.copy(), X.copy()
    one[:, 3], zero[:, 3] = 1.0, 0.0
    p, p1, p0 = (1 / (1 + np.exp(-Z @ beta)) for Z in (X, one, zero))
    bread = np.linalg.inv((X * (p * (1 - p))[:, None]).T @ X)
    gradient = (one.T @ (p1 * (1 - p1)) - zero.T @ (p0 * (1 - p0))) / len(y)
    parts = (p1 - p0 - np.mean(p1 - p0)) / len(y) + (X * (y - p)[:, None]) @ bread @ gradient
    if cluster is not None:
        parts = pd.Series(parts).groupby(np.asarray(cluster)).sum().to_numpy()
    g = len(parts)
    return float(np.mean(p1 - p0)), float(np.sqrt(g / (g - 1) * parts @ parts))


def test_sampled_rows_add_their_influence() -> None:
    data = births()
    fit = lk.logit("low ~ age + lwt + smoke", data)
    found = fit.effects("smoke", change=(0, 1), rows="sampled").to_frame().iloc[0]
    assert_allclose([found["estimate"], found["std_error"]], influence_by_hand(data), rtol=ROUTE)
    clustered = lk.logit("low ~ age + lwt + smoke", data, cluster="site")
    found = clustered.effects("smoke", change=(0, 1), rows="sampled").to_frame().iloc[0]
    assert_allclose(found["std_error"], influence_by_hand(data, data["site"])[1], rtol=ROUTE)
    again = data.loc[data.index.repeat(data["w"])].reset_index(drop=True)
    counted = lk.logit("low ~ age + lwt + smoke", data, weights="w").effects("smoke", change=(0, 1), rows="sampled")
    assert_allclose(counted.to_frame()["std_error"], influence_by_hand(again)[1], rtol=ROUTE)
    other = fit.effects("smoke", data.iloc[::2], change=(0, 1), rows="sampled").to_frame()["std_error"][0]
    half = fit.effects("smoke", data.iloc[::2], change=(0, 1)).to_frame()["std_error"][0]
    p = fit.predict(data.iloc[::2].assign(smoke=1)) - fit.predict(data.iloc[::2].assign(smoke=0))
    assert_allclose(other**2, half**2 + p.var(ddof=1) / len(p), rtol=ROUTE)


def test_draws_are_the_same_on_any_number_of_threads(fit: Any) -> None:
    def drawn(threads: int) -> Any:
        lk.set_threads(threads)
        return fit.effects("smoke", change=(0, 1), method="simulation", n=400, seed=5)

    try:
        one, two = drawn(1), drawn(2)
    finally:
        lk.set_threads(None)
    assert np.array_equal(one.draws, two.draws)
    delta = fit.effects("smoke", change=(0, 1)).to_frame().iloc[0]
    found = one.to_frame().iloc[0]
    assert abs(found["std_error"] / delta["std_error"] - 1) < 0.15
    assert_allclose([found["conf_low"], found["conf_high"]], np.quantile(one.draws[:, 0], [0.025, 0.975]), rtol=EXACT)
    assert_allclose(found["std_error"], one.draws[:, 0].std(ddof=1), rtol=EXACT)


@pytest.mark.parametrize("rows", ["given", "sampled"])
def test_bootstrap_refits_and_averages(rows: Any) -> None:
    data = births()
    fit = lk.logit("low ~ age*smoke + lwt", data)
    found = fit.effects("age", method="bootstrap", n=12, seed=2, rows=rows)
    replicates = fit.bootstrap(12, seed=2).replicates
    from logitkit.inference.resampling.resampling import drawn_weights

    weights = drawn_weights(fit.design, "rows", 2)
    for number in range(12):
        one = moved(fit, np.linalg.lstsq(fit.record.coordinates.vcov(np.eye(5)), replicates[number], rcond=None)[0])
        share = weights(number) / 189 if rows == "sampled" else np.full(189, 1 / 189)
        high, low = (one.predict(data.assign(age=data["age"] + s * 1e-4)).to_numpy() for s in (1, -1))
        assert_allclose(found.draws[number, 0], (high - low) / 2e-4 @ share, rtol=DIFFERENCES)


def test_values_are_set_and_groups_are_averaged_apart(fit: Any) -> None:
    data = births()
    found = fit.effects("smoke", at={"age": [20, 30]}, by="dark", change=(0, 1)).to_frame()
    assert list(found.columns[:4]) == ["age", "dark", "variable", "contrast"]
    for row in found.itertuples():
        part = data[data["dark"] == row.dark].assign(age=row.age)
        expected = (fit.predict(part.assign(smoke=1)) - fit.predict(part.assign(smoke=0))).mean()
        assert_allclose(row.estimate, expected, rtol=ROUTE)
    means = data.assign(age=data["age"].mean(), lwt=data["lwt"].mean(), smoke=data["smoke"].mean(), race="white")
    row = means.iloc[[0]].astype({"race": data["race"].dtype})
    expected = fit.predict(row.assign(race=pd.Categorical(["black"], data["race"].cat.categories))) - fit.predict(row)
    assert_allclose(fit.effects("race", at="mean").to_frame()["estimate"][0], expected.iloc[0], rtol=ROUTE)
    ratios = fit.effects("smoke", at={"age": [20, 30]}, change=(0, 1), scale="risk_ratio")
    pair = ratios.to_frame()["estimate"].to_numpy()
    assert_allclose(ratios.between().to_frame()["estimate"], pair[1] / pair[0], rtol=EXACT)


def test_weights_are_rows_that_often() -> None:
    data = births()
    again = data.loc[data.index.repeat(data["w"])].reset_index(drop=True)
    one = lk.logit("low ~ age*race", data, weights="w").effects(by="dark").to_frame()
    other = lk.logit("low ~ age*race", again).effects(by="dark").to_frame()
    for name in ("estimate", "std_error"):
        assert_allclose(one[name], other[name], rtol=ROUTE)


def test_the_linear_predictor_has_the_coefficients() -> None:
    fit = lk.logit("low ~ age + race", births())
    found = fit.effects(scale="link").to_frame()
    assert_allclose(found["estimate"], fit.coef[["age", "race[T.black]", "race[T.other]"]], rtol=ROUTE)
    assert_allclose(found["std_error"], fit.std_error[["age", "race[T.black]", "race[T.other]"]], rtol=ROUTE)
    several = lk.multinomial("race ~ age", births()).effects(scale="link").to_frame()
    assert list(several["outcome"]) == ["black", "other"]


def test_changes_of_numbers() -> None:
    data = births()
    fit = lk.logit("low ~ age + lwt", data)

    def difference(high: Any, low: Any) -> float:
        return float((fit.predict(data.assign(lwt=high)) - fit.predict(data.assign(lwt=low))).mean())

    for change, high, low in (
        ("unit", data["lwt"] + 1, data["lwt"]),
        ("sd", data["lwt"] + data["lwt"].std(), data["lwt"]),
        (-5, data["lwt"] - 5, data["lwt"]),
        ((100, 150), 150, 100),
        ("iqr", data["lwt"].sort_values().iloc[141], data["lwt"].sort_values().iloc[47]),
    ):
        found = fit.effects("lwt", change=change).to_frame()["estimate"][0]
        assert_allclose(found, difference(high, low), rtol=ROUTE)


def test_a_saved_fit_has_the_effects_of_the_fit(tmp_path: Path, fit: Any) -> None:
    fit.save(tmp_path / "fit.json")
    again = lk.load(tmp_path / "fit.json")
    assert_allclose(
        again.effects(data=births()).to_frame()["estimate"], fit.effects().to_frame()["estimate"], rtol=ROUTE
    )
    with pytest.raises(DataError, match="no table"):
        again.effects()


def test_a_separated_fit_has_its_limits() -> None:
    data = births()
    data = data[~((data["race"] == "black") & (data["low"] == 0))]
    fit = lk.logit("low ~ race + age", data)
    found = fit.effects("race").to_frame()
    white = fit.predict(data.assign(race=pd.Categorical(["white"] * len(data), data["race"].cat.categories))).mean()
    assert_allclose(found["estimate"][0], 1.0 - white, rtol=ROUTE)
    assert np.isfinite(found["std_error"]).all()
    slopes = fit.effects("age").to_frame().iloc[0]
    high, low = (fit.predict(data.assign(age=data["age"] + s * 1e-4)).mean() for s in (1, -1))
    assert_allclose(slopes["estimate"], (high - low) / 2e-4, rtol=DIFFERENCES)
    with pytest.raises(UnsupportedError, match="separated"):
        fit.effects("age", method="simulation")
    with pytest.raises(UnsupportedError, match="separated"):
        fit.effects("age", rows="sampled")


def test_results_print_draw_and_adjust(fit: Any) -> None:
    from matplotlib import pyplot as plt

    found = fit.effects()
    text = found.to_text()
    assert "black - white" in text
    assert "Delta method" in text
    assert "change={'smoke': (0, 1)}" in text
    ax = found.plot()
    assert_allclose(np.sort(ax.get_lines()[1].get_xdata()), np.sort(found.to_frame()["estimate"]))
    plt.close("all")
    wide, own = found.confint(adjust="bonferroni"), found.confint()
    assert (wide["conf_high"] > own["conf_high"]).all()
    assert_allclose(fit.effects(adjust="bonferroni").confint()["conf_low"], wide["conf_low"], rtol=EXACT)
    assert found.test("race[black - white] = race[other - white]").dof == 1
    import pickle

    assert_allclose(pickle.loads(pickle.dumps(found)).to_frame()["estimate"], found.to_frame()["estimate"])


REFUSED: dict[str, tuple[dict[str, Any], Any, str]] = {
    "variable": ({"variables": "agee"}, FormulaError, "'agee' is not a variable of the formula.*age"),
    "outcome column": ({"variables": "low"}, FormulaError, "'low' is not a variable"),
    "change": ({"variables": "age", "change": "double"}, DataError, "is not known for 'age'"),
    "pair": ({"variables": "age", "change": (1, np.nan)}, DataError, "not a pair of finite numbers"),
    "level": ({"variables": "race", "change": ("white", "blck")}, DataError, "'blck'.*black"),
    "ratio of slopes": ({"variables": "age", "change": "slope", "scale": "risk_ratio"}, UnsupportedError, "is a slope"),
    "elasticity of levels": ({"variables": "race", "change": "eyex"}, UnsupportedError, "has levels"),
    "link elasticity": ({"variables": "age", "change": "eyex", "scale": "link"}, UnsupportedError, "elasticity"),
    "at a level": ({"at": {"race": "blue"}}, DataError, "'blue' is not a level"),
    "at a variable": ({"at": {"rase": "white"}}, FormulaError, "'rase'.*race"),
    "at a word": ({"at": "median"}, DataError, "at='median'"),
    "at text": ({"at": {"age": "old"}}, Exception, "age"),
    "by": ({"by": "rays"}, DataError, "no column 'rays'"),
    "method": ({"method": "magic"}, Exception, "method"),
    "rows by row": ({"average": False, "rows": "sampled"}, UnsupportedError, "one effect per row"),
    "simulated rows": ({"method": "simulation", "rows": "sampled"}, UnsupportedError, "leaves rows as they are"),
    "one cell": ({"variables": "age", "between": True}, DataError, "one cell only"),
    "draws": ({"n": 1}, DataError, "n=1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(fit: Any, name: str) -> None:
    asked, error, words = REFUSED[name]
    between = asked.get("between", False)
    asked = {key: value for key, value in asked.items() if key != "between"}
    with pytest.raises(error, match=words):
        fit.effects(**asked).between() if between else fit.effects(**asked)


def test_models_without_effects() -> None:
    data = births()
    with pytest.raises(UnsupportedError, match="absorbed"):
        lk.logit("low ~ age", data, absorb="site").effects()
    with pytest.raises(UnsupportedError, match="lag"):
        lk.logit("low ~ lag(age)", data).effects()
    with pytest.raises(UnsupportedError, match="jumps"):
        lk.logit("low ~ I(age > 25)", data).effects()
    with pytest.raises(UnsupportedError, match="only in the offset"):
        lk.logit("low ~ age + offset(lwt/100)", data).effects("lwt")
    with pytest.raises(DataError, match="ready matrix"):
        lk.logit_matrix(data[["age", "lwt"]], data["low"]).effects()
    with pytest.raises(UnsupportedError, match="Effects with errors"):
        lk.logit("low ~ age + lwt", data, penalty=lk.Lasso(0.02)).effects()
    ridge = lk.logit("low ~ age + lwt", data, penalty=lk.Ridge(0.02)).effects().to_frame()
    assert np.isnan(ridge["p_value"]).all()
    assert isinstance(lk.logit("low ~ age", data), Fit)


def test_a_table_that_has_changed_is_noticed_by_column() -> None:
    for name, change in (
        ("age", lambda d: d["age"] + (d.index == 7)),
        ("race", lambda d: d["race"].where(d.index != 7, d["race"].iloc[8])),
        ("smoke", lambda d: 1 - d["smoke"]),
    ):
        data = births()
        fit = lk.logit("low ~ age + race + smoke", data)
        fit.effects()
        data[name] = change(data)
        with pytest.raises(DataError, match="has changed since the fit"):
            fit.effects()


def test_averages_of_a_survey_are_over_its_domain() -> None:
    """R 4.2.2, survey::svyglm of subset(design, age < 35), average of smoke = 1 less smoke = 0 over the domain."""
    table = lk.datasets.load_lbw()
    table = table.assign(w=1.0 + table["id"] % 3, region=table["id"] % 4, school=table["id"] % 28)
    survey = lk.Survey(strata="region", units="school", domain=table["age"] < 35)
    fit = lk.logit("low ~ lwt + smoke + race", table, weights="w", survey=survey)
    found = fit.effects("smoke", change=(0, 1))
    assert_allclose(found.numbers.value, 0.2523969, rtol=1e-6)  # as many digits as were printed
    assert_allclose(found.numbers.std_error, 0.07516447, rtol=1e-7)
    assert found.n_rows == 184
    with pytest.raises(UnsupportedError, match="not of the design of a survey"):
        fit.effects("smoke", rows="sampled")
    plain = lk.logit("low ~ age + smoke", table)
    for other in (plain.robust("cluster", cluster=["region", "school"]), plain.robust("HAC", time="id")):
        with pytest.raises(UnsupportedError, match=r"not of the (crossed clusters|rows of a series)"):
            other.effects("smoke", rows="sampled")


@pytest.fixture(scope="module")
def few() -> Any:
    return lk.logit("low ~ age + lwt + race", births()).robust("CR2", cluster="site")


def test_degrees_of_freedom_of_effects_are_of_their_derivatives(few: Any) -> None:
    linear = few.effects(["age", "race"], scale="link").to_frame()
    assert_allclose(
        linear["p_value"], few.tidy().set_index("term").loc[["age", "race[T.black]", "race[T.other]"], "p_value"]
    )
    pairs = few.means("race", contrasts="pairwise").contrast_frame()
    assert_allclose(few.effects("race", contrast="pairwise", scale="link").to_frame()["p_value"], pairs["p_value"])
    assert few.effects("race").numbers.law.dof[0] != few.effects("race").numbers.law.dof[1]
    row = few.contrast({"age": 30}, {"age": 29}, at={"lwt": 120, "race": "white"}).to_frame().set_index("quantity")
    assert np.isclose(row.loc["odds ratio", "p_value"], linear["p_value"][0])


def test_combinations_of_effects_have_degrees_of_freedom_of_their_own(few: Any) -> None:
    effects = few.effects("race", scale="link")
    linear = few.test("race[T.black] = 0, race[T.other] = 0")
    assert np.isclose(effects.test("b1 = 0, b2 = 0").p_value, linear.p_value)
    pairs = few.means("race", contrasts="pairwise").contrast_frame()
    assert np.isclose(effects.test("b1 = b2").p_value, pairs["p_value"].iloc[2])
    assert np.isclose(few.means("race").test("b2 = b3").p_value, pairs["p_value"].iloc[2])
    at = few.effects("race", at={"age": [20, 30]})
    between = at.between()
    assert_allclose(between.to_frame()["p_value"], [at.test("b3 = b1").p_value, at.test("b4 = b2").p_value])


def test_equivalence_is_printed_where_each_value_has_degrees_of_freedom(few: Any) -> None:
    found = few.equivalence("age", -0.1, 0.1)
    dof = float(few.record.law.of(few.record.coordinates.jacobian(np.eye(5)[1:2])).dof[0])
    assert "CR2" in str(found)
    assert np.isclose(found.law.dof[0], dof)


def test_draws_of_one_distribution_are_refused_where_each_function_has_its_own(few: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"each function's own. Use method='delta'"):
        few.effects("age", method="simulation", n=10)


@pytest.mark.parametrize("wrong", ["False", 2, None, [False]])
def test_a_value_is_no_level_by_its_truth(wrong: Any) -> None:
    """``bool("False")`` is true, so that a column of booleans would take any word for True."""
    fit = lk.logit("low ~ age + dark", births())
    for asked in (
        lambda: fit.effects("age", at={"dark": [wrong]}),
        lambda: fit.contrast({"dark": wrong}, {"dark": True}),
        lambda: fit.average_predictions("dark", values=[True, "False"]),
        lambda: fit.effects("dark", change=(wrong, True)),
    ):
        with pytest.raises(DataError, match=r"not a level of 'dark'. Its levels are False, True"):
            asked()
    assert fit.effects("age", at={"dark": np.bool_(True)}).to_frame()["dark"][0]


def test_levels_that_were_never_seen_are_named_with_the_nearest(fit: Any) -> None:
    for asked in (
        lambda: fit.effects("age", at={"race": ["white", "wite"]}),
        lambda: fit.contrast({"race": "wite"}, {"race": "white"}),
        lambda: fit.average_predictions("race", values=["wite"]),
        lambda: fit.effects("race", change=("wite", "black")),
    ):
        with pytest.raises(DataError, match=r"Did you mean 'white'\? Its levels are 'white', 'black', 'other'"):
            asked()
    with pytest.raises(DataError, match="not a pair of levels of 'race'"):
        fit.effects("race", change=("white", "black", "other"))


def test_levels_that_other_rows_lack_are_set_in_them(fit: Any) -> None:
    """The population of one race, as if it were another: what g-computation asks."""
    own = births()
    white = own[own["race"] == "white"].assign(race=lambda table: table["race"].cat.remove_unused_categories())
    expected = [fit.predict(white.assign(race=race)).mean() for race in ("black", "white")]
    assert_allclose(fit.effects("race", white).to_frame()["estimate"][0], expected[0] - expected[1], rtol=ROUTE)
    assert_allclose(fit.average_predictions("race", white, values=["black"])["estimate"], expected[:1], rtol=ROUTE)


IGNORED: dict[str, tuple[dict[str, Any], str]] = {
    "a change of another variable": ({"variables": "age", "change": {"lwt": 10}}, "'lwt', whose effect is not asked"),
    "a change of a factor": ({"change": {"race": "sd"}}, "'sd' is of numbers, and 'race' has levels"),
    "a change of factors alone": ({"variables": "race", "change": 10}, "10 is of numbers, and 'race' has levels"),
    "an elasticity by name": ({"change": {"race": "eyex"}}, "'eyex' is of numbers"),
    "levels of numbers": ({"variables": "age", "contrast": "pairwise"}, "compares levels, and age has none"),
    "no variable": ({"variables": []}, "leave it out for all"),
    "means of drawn rows": ({"at": "mean", "rows": "sampled"}, "whose own error would be left out"),
    "a mean of drawn rows": ({"at": {"age": [20, "mean"]}, "rows": "sampled"}, "whose own error"),
    "means of resampled rows": ({"at": "mean", "rows": "sampled", "method": "bootstrap"}, "whose own error"),
    "a seed": ({"variables": "age", "method": "simulation", "seed": -1}, "seed=-1"),
}


@pytest.mark.parametrize("name", IGNORED)
def test_what_would_be_ignored_is_refused(fit: Any, name: str) -> None:
    asked, words = IGNORED[name]
    with pytest.raises((DataError, UnsupportedError), match=words):
        fit.effects(**asked)


def test_values_that_both_profiles_have_are_not_set(fit: Any) -> None:
    with pytest.raises(DataError, match="at= sets 'age'"):
        fit.contrast({"age": 30}, {"age": 20}, at={"age": 25, "race": "white"})
    fit.contrast({"age": 30}, {"smoke": 1}, at={"age": 25, "race": "white"})


@pytest.mark.parametrize("model", ["cumulative", "adjacent"])
def test_effects_on_linear_predictors_of_ordered_outcomes_have_the_sign_of_coefficients(model: Any) -> None:
    own = births()
    fit = lk.ordinal("size ~ age + race", own, model=model, nominal="age")
    slopes = fit.effects("age", scale="link")
    assert_allclose(slopes.numbers.value, [fit.coef[f"{at}:age"] for at in ("s|m", "m|l")], rtol=ROUTE)
    assert "higher outcomes positive" in str(slopes)
    pairs = fit.means("race", contrasts="pairwise").contrast_frame()["estimate"]
    levels = fit.effects("race", scale="link").to_frame().set_index(["outcome", "contrast"])["estimate"]
    for threshold in ("s|m", "m|l"):
        assert np.isclose(levels[threshold, "black - white"], -pairs[threshold, "white - black"], rtol=ROUTE)
        assert np.isclose(levels[threshold, "black - white"], fit.coef["race[T.black]"], rtol=ROUTE)


def test_basic_and_bca_intervals_of_replicates() -> None:
    """Of a coefficient on the scale of the logit they are those of the bootstrap itself."""
    fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    drawn = fit.bootstrap(999, seed=2)
    for kind in ("basic", "bca"):
        given = fit.jackknife() if kind == "bca" else None
        own = drawn.intervals(kind, jackknife=given)
        found = fit.effects(["age", "smoke"], scale="link", method="bootstrap", n=999, seed=2, kind=kind)  # type: ignore[arg-type]
        ends = found.to_frame()[["conf_low", "conf_high"]].to_numpy()
        assert_allclose(ends, np.column_stack([own.low, own.high])[1:], rtol=1e-7)
        assert f"{'BCa' if kind == 'bca' else 'basic'} intervals of 999 bootstrap replicates" in str(found)
    change = {"smoke": (0, 1)}
    ratio = fit.effects("smoke", change=change, scale="odds_ratio", method="bootstrap", n=999, seed=2, kind="basic")
    plain = fit.effects("smoke", change=change, scale="odds_ratio", method="bootstrap", n=999, seed=2)
    low, high = ratio.estimates().low[0], ratio.estimates().high[0]
    ordered = np.sort(plain.draws[:, 0])
    assert_allclose([low, high], ratio.numbers.value[0] ** 2 / ordered[[974, 24]], rtol=1e-9)
    sampled = fit.effects("smoke", change=change, method="bootstrap", rows="sampled", n=199, seed=2, kind="bca")
    assert sampled.estimates().low[0] < sampled.numbers.value[0] < sampled.estimates().high[0]
    with pytest.raises(DataError, match="give it with method='bootstrap'"):
        fit.effects("smoke", kind="bca")
    with pytest.raises(UnsupportedError, match="too few for an interval"):
        fit.effects("smoke", method="bootstrap", n=20, seed=1, kind="basic").to_frame()


def test_differences_of_effects_have_them_too() -> None:
    data = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age * smoke", data)
    found = fit.effects("age", at={"smoke": [0, 1]}, method="bootstrap", n=199, seed=3, kind="bca").between()
    assert found.without is not None
    assert found.without.values.shape == (189, 1)
    assert found.estimates().low[0] < found.numbers.value[0] < found.estimates().high[0]


def test_a_loaded_fit_says_where_rows_are_given(fit: Any, tmp_path: Path) -> None:
    fit.save(tmp_path / "fit.json")
    loaded = lk.load(tmp_path / "fit.json")
    for asked in (
        loaded.effects,
        lambda: loaded.means("race"),
        lambda: loaded.inverse("age", 0.3, at={"race": "white"}),
    ):
        with pytest.raises(DataError, match=r"data=..., or fit.on\(data\)"):
            asked()


def test_scores_of_bias_reduced_estimates_give_no_errors() -> None:
    fit = lk.logit("low ~ age", births(), penalty=lk.Jeffreys())
    with pytest.raises(UnsupportedError, match=r"bias-reduced estimates do not. Use method='bootstrap'"):
        fit.effects("age", rows="sampled")


def test_one_step_adjustments_say_that_degrees_of_freedom_differ(few: Any) -> None:
    effects = few.effects()
    for asked in (few.confint, few.odds_ratios, few.tidy, effects.confint):
        with pytest.raises(UnsupportedError, match="each estimate has degrees of freedom of its own"):
            asked(adjust="single-step")
    narrow = few.confint(level=1 - 0.05 / 5)
    assert_allclose(few.confint(adjust="bonferroni").iloc[:, -2:], narrow.iloc[:, -2:], rtol=ROUTE)


def test_differences_of_differences_are_named_as_such(fit: Any) -> None:
    first = fit.effects("smoke", change=(0, 1), by="race").between("pairwise")
    second = first.between("sequential")
    assert [cells[0] for head, cells in second.labels if head == "race"] == ["(other - white) - (black - white)"]
    assert_allclose(second.numbers.value, np.diff(first.numbers.value), rtol=EXACT)
    with pytest.raises(DataError, match="kind='pairs' is not known"):
        first.between("pairs")
