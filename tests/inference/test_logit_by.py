"""Many fits at once are the fits one by one, whatever befalls a group."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

import logitkit as lk
from logitkit.engine.fit import fit_design
from logitkit.errors import ConvergenceWarning, DataError, FormulaError, ResponseError, UnsupportedError
from logitkit.inference import by as grouped
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.results.fit import Fit
from tolerances import EXACT, ROUTE


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Groups of every kind: ordinary, of one class, separated, without a level, with a constant column, tiny."""
    rng = np.random.default_rng(3)
    sizes = {
        "plain": 60,
        "big": 400,
        "ones": 12,
        "zeros": 9,
        "split": 30,
        "lacks": 40,
        "constant": 35,
        "tiny": 2,
        "one": 1,
    }
    sizes |= {f"small{k}": 25 for k in range(6)}
    group = np.repeat(list(sizes), list(sizes.values()))
    n = group.size
    data = pd.DataFrame(
        {
            "g": group,
            "x": rng.normal(2.0, 1.5, n),
            "z": rng.normal(0.0, 30.0, n),
            "f": rng.choice(["a", "b", "c"], n),
            "w": rng.integers(0, 4, n),
            "v": rng.uniform(0.2, 3.0, n),
            "o": rng.normal(0.5, 0.4, n),
            "c": rng.integers(0, 9, n),
        }
    )
    eta = -0.6 + 0.3 * data["x"] + 0.01 * data["z"] + 0.5 * (data["f"] == "b")
    data["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    data.loc[data["g"] == "ones", "y"] = 1
    data.loc[data["g"] == "zeros", "y"] = 0
    split = data["g"] == "split"
    data.loc[split, "y"] = (data.loc[split, "x"] > 2.0).astype(int)
    data.loc[data["g"] == "lacks", "f"] = rng.choice(["a", "b"], 40)
    data.loc[data["g"] == "constant", "x"] = 1.25
    data.loc[data["g"] == "one", "w"] = 2
    return data.sample(frac=1.0, random_state=1, ignore_index=True)


@pytest.fixture(scope="module")
def options() -> dict[str, dict[str, str]]:
    return {
        "plain": {},
        "frequency": {"weights": "w"},
        "precision": {"weights": "v", "weight_kind": "precision"},
        "sampling": {"weights": "v", "weight_kind": "sampling"},
        "offset": {"offset": "o"},
        "cluster": {"cluster": "c"},
    }


def alone(fits: lk.Fit, group: object) -> lk.Fit:
    """The fit of the design columns of a group's rows, by the public way where it takes such rows."""
    design = fits.rows.design_of(fits._number(group))
    response, names = design.response, design.info.names
    given = dict(weights=response.prior, offset=response.shift, weight_kind=response.weight_kind)
    if response.clusters is not None:
        given["cluster"] = response.clusters.codes
    X = design.matrix.to_dense()
    if 0.0 < response.events < response.total:
        return lk.logit_matrix(X, response.y, names, **given)
    if response.n_obs < 2:
        return fits[group]  # no sandwich is defined
    return Fit(with_required_sandwich(fit_design(design, fits.record.family, lk.Newton()), design), design)


@pytest.mark.parametrize("kind", ["plain", "frequency", "precision", "sampling", "offset", "cluster"])
def test_each_group_is_the_fit_of_its_rows(table, options, kind):
    fits = lk.logit_by("y ~ x + z + C(f)", table, by="g", **options[kind])
    glance = fits.glance().set_index("g")
    tidy = fits.tidy().set_index(["g", "term"])
    seen = set()
    for group in fits:
        expected = alone(fits, group)
        assert_allclose(fits.coef.loc[group], expected.coef, rtol=ROUTE, atol=ROUTE)
        errors = expected.std_error
        # The information is summed at an iterate within 1e-8 standard errors of the optimum, and not at the same one.
        assert_allclose(fits.std_error.loc[group], errors, rtol=1e-8)
        assert_allclose(tidy.loc[group], expected.tidy().set_index("term"), rtol=1e-8, atol=1e-8)
        told, one = glance.loc[group], expected.glance().iloc[0]
        for name in ("n_obs", "n_params", "events", "loglik", "deviance", "aic"):
            assert_allclose(told[name], one[name], rtol=ROUTE, atol=ROUTE, err_msg=name)
        assert told["converged"] == one["converged"]
        assert told["status"].removesuffix(f"; {grouped.NO_SANDWICH}") == one["status"]
        assert told["aliased"] == ", ".join(expected.aliased)
        infinite = np.isinf(expected.coef) | (np.isnan(expected.coef) & ~expected.coef.index.isin(expected.aliased))
        assert told["separated"] == ", ".join(expected.coef.index[infinite])
        seen |= {("aliased", bool(expected.aliased)), ("separated", expected.separation is not None)}
    assert seen == {(what, found) for what in ("aliased", "separated") for found in (True, False)}


@pytest.mark.parametrize("link", ["probit", "cloglog"])
def test_groups_have_every_link(table, link):
    fits = lk.fit_by("y ~ x + z", table, by="g", model=lk.Binary(link))
    for group in ("plain", "big", "split"):
        rows = table[table["g"] == group]
        alone = lk.logit("y ~ x + z", rows, link=link)
        for found, expected in ((fits.coef, alone.coef), (fits.std_error, alone.std_error)):
            assert_allclose(found.loc[group], expected, rtol=ROUTE)
        assert_allclose(fits.predict(rows), alone.predict(rows), rtol=ROUTE)
        assert_allclose(expit(fits.predict_logit(rows)), alone.predict(rows), rtol=ROUTE)
    assert set(fits.record.single) == {k for k, text in enumerate(fits.record.status) if text != grouped.NO_ROWS}
    assert str(fits).startswith(f"{fits['plain'].record.family.words.title} by group")


def test_most_groups_are_fitted_together(table):
    """Or the test above would compare the way of single fits with itself."""
    fits = lk.logit_by("y ~ x + z + C(f)", table, by="g")
    regular = set(fits) - {fits.groups[group] for group in fits.record.single}
    assert {"plain", "big"} <= regular
    assert {"ones", "zeros", "split", "lacks", "constant", "tiny"} <= set(fits) - regular


def test_a_formula_on_the_rows_of_a_group_gives_the_same_where_nothing_is_learnt(table):
    fits = lk.logit_by("y ~ x + z", table, by="g")
    for group in ("plain", "big", "split"):
        fit = lk.logit("y ~ x + z", table[table["g"] == group])
        assert_allclose(fits.coef.loc[group], fit.coef, rtol=ROUTE)
        assert_allclose(fits[group].coef, fit.coef, rtol=ROUTE)
        assert fits[group].n_obs == fit.n_obs


def test_knots_and_moments_are_those_of_all_rows(table):
    """Standardised on the whole table, so that a slope means the same in every group."""
    fits = lk.logit_by("y ~ scale(x)", table, by="g")
    plain = lk.logit_by("y ~ x", table, by="g")
    assert_allclose(
        fits.coef.loc["plain", "scale(x)"], plain.coef.loc["plain", "x"] * table["x"].std(ddof=1), rtol=ROUTE
    )


def test_counted_data_have_their_constants(table):
    data = table.assign(n0=table["w"] + 1 - table["y"], n1=table["y"] + table["c"] % 3)
    fits = lk.logit_by("cbind(n1, n0) ~ x", data, by="g")
    for group in ("plain", "big", "small1"):
        fit = lk.logit("cbind(n1, n0) ~ x", data[data["g"] == group])
        assert_allclose(fits.coef.loc[group], fit.coef, rtol=ROUTE)
        told = fits.glance().set_index("g").loc[group]
        assert_allclose(
            [told["loglik"], told["deviance"], told["aic"]], [fit.loglik, fit.deviance, fit.aic], rtol=ROUTE
        )


def test_groups_by_two_columns_come_in_the_order_of_their_levels(table):
    data = table.assign(h=pd.Categorical(np.where(table["c"] > 4, "low", "high"), ["low", "high", "never"]))
    data = data[data["g"].isin(["plain", "big"])]
    fits = lk.logit_by("y ~ x", data, by=["g", "h"])
    assert list(fits) == [("big", "low"), ("big", "high"), ("plain", "low"), ("plain", "high")]
    assert fits.coef.index.names == ["g", "h"]
    assert fits.tidy().columns.tolist()[:3] == ["g", "h", "term"]
    rows = data[(data["g"] == "plain") & (data["h"] == "low")]
    assert_allclose(fits.coef.loc[("plain", "low")], lk.logit("y ~ x", rows).coef, rtol=ROUTE)
    assert ("plain", "low") in fits
    assert ("plain", "never") not in fits
    assert ("nobody", "low") not in fits


def test_rows_without_a_group_are_dropped_counted_and_not_learnt_from(table):
    data = table.copy()
    gone = data.index % 7 == 0
    data.loc[gone, "g"] = None
    data.loc[gone, "x"] *= 100.0
    data.loc[3, "z"] = np.nan
    fits = lk.logit_by("y ~ scale(x)", data, by="g", weights=data["w"].to_numpy())
    kept = lk.logit_by("y ~ scale(x)", data[~gone], by="g", weights="w")
    assert_allclose(fits.coef, kept.coef, rtol=EXACT)
    assert fits.record.counts.missing == gone.sum()
    assert fits.record.counts.missing_by_column == (("g", int(gone.sum())),)
    assert f"{gone.sum()} (g {gone.sum()})" in repr(fits)
    with pytest.raises(DataError, match="values of by are missing: g"):
        lk.logit_by("y ~ x", data, by="g", missing="raise")
    predicted = fits.predict(data)
    assert predicted[gone].isna().all()
    assert predicted[~gone].notna().any()


@pytest.mark.parametrize(
    "convert", [pl.from_pandas, lambda frame: frame.to_dict("series"), lambda f: pl.from_pandas(f).to_arrow()]
)
def test_any_table(table, convert):
    data = table.copy()
    data.loc[data.index % 9 == 0, "g"] = None
    fits = lk.logit_by("y ~ x + z", convert(data), by="g")
    assert_allclose(fits.coef, lk.logit_by("y ~ x + z", data, by="g").coef, rtol=EXACT)
    assert_allclose(fits.predict(convert(data)), lk.logit_by("y ~ x + z", data, by="g").predict(data), rtol=EXACT)


def test_predictions_are_those_of_the_group(table):
    fits = lk.logit_by("y ~ x + z + C(f)", table, by="g", offset="o")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # undetermined limits are told of by the single fit
        told, own = fits.predict(table, unseen="missing"), fits.predict()
        for group in fits:
            rows = table[table["g"] == group]
            assert_allclose(told[rows.index], fits[group].predict(rows, offset=None), rtol=ROUTE, atol=ROUTE)
            assert_allclose(own[rows.index], fits[group].predict(), rtol=ROUTE, atol=ROUTE)
    assert own.notna().all()


def test_a_group_or_a_level_that_the_fit_never_saw(table):
    fits = lk.logit_by("y ~ x + C(f)", table, by="g")
    new = pd.DataFrame({"g": ["plain", "nobody", "lacks", "lacks", None], "x": 1.0, "f": ["c", "a", "a", "c", "a"]})
    with pytest.raises(DataError, match=r"Row 1 .* the group g = nobody"):
        fits.predict(new)
    with pytest.raises(DataError, match=r"Row 3 .* cannot be predicted by the fit of group lacks: it has"):
        fits.predict(new[new["g"] != "nobody"].set_axis([0, 2, 3, 4]).iloc[[0, 1, 1, 2]])
    told = fits.predict(new, unseen="missing")
    assert told.isna().tolist() == [False, True, False, True, True]
    # A constant column of its own value is as good as the intercept; of another value it is not.
    one = pd.DataFrame({"g": ["constant"] * 2, "x": [1.25, 2.0], "f": ["a", "a"]})
    assert fits.predict(one, unseen="missing").isna().tolist() == [False, True]


def test_the_number_of_threads_changes_no_bit(table):
    kept = (table["c"] % 3 == 0) | table["g"].isin(["plain", "big"])  # alone or in one of two tasks
    rows = pd.concat([table[kept]] * 50)
    try:
        found = []
        for threads in (1, 2, 3):
            lk.set_threads(threads)
            found.append(lk.logit_by("y ~ x + z + C(f)", rows, by=["g", "c"]).record)
    finally:
        lk.set_threads(None)
    for other in found[1:]:
        assert_array_equal(found[0].coef, other.coef)
        assert_array_equal(found[0].std_error, other.std_error)
        assert_array_equal(found[0].loglik, other.loglik)


def test_groups_of_weight_zero_have_no_fit(table):
    data = table.assign(w=np.where(table["g"] == "plain", 0, table["w"]))
    fits = lk.logit_by("y ~ x", data, by="g", weights="w")
    assert fits.coef.loc["plain"].isna().all()
    told = fits.glance().set_index("g").loc["plain"]
    assert (told["status"], told["n_obs"], told["converged"]) == ("no row of positive weight", 0, False)
    assert fits.predict(data, unseen="missing")[data["g"] == "plain"].isna().all()


def test_a_group_with_one_cluster_has_no_standard_errors(table):
    data = table.assign(c=np.where(table["g"] == "plain", 1, table["c"]))
    fits = lk.logit_by("y ~ x", data, by="g", cluster="c")
    assert fits.std_error.loc["plain"].isna().all()
    assert fits.coef.loc["plain"].notna().all()
    assert fits["plain"].std_error.isna().all()
    assert np.isnan(fits["plain"].aic)
    assert "no standard errors" in fits.glance().set_index("g").loc["plain", "status"]
    assert_allclose(
        fits.std_error.loc["big"], lk.logit("y ~ x", data[data["g"] == "big"], cluster="c").std_error, rtol=ROUTE
    )


def test_fits_that_have_not_converged_are_told(table):
    with pytest.warns(ConvergenceWarning, match=r"did not converge: \d+ of 15 groups"):
        fits = lk.logit_by("y ~ x", table, by="g", solver=lk.Newton(max_iter=2))
    told = fits.glance().set_index("g")
    assert not told.loc["plain", "converged"]
    assert "maximum number of iterations" in told.loc["plain", "status"]


def test_what_cannot_be_is_refused(table):
    with pytest.raises(DataError, match=r"no column 'gg'.*'g'"):
        lk.logit_by("y ~ x", table, by="gg")
    with pytest.raises(DataError, match="by=7 is not known"):
        lk.logit_by("y ~ x", table, by=7)
    with pytest.raises(DataError, match="names a column twice"):
        lk.logit_by("y ~ x", table, by=["g", "g"])
    with pytest.raises(DataError, match="missing in every row"):
        lk.logit_by("y ~ x", table.assign(g=None), by="g")
    with pytest.raises(UnsupportedError, match=r"lag\(\)"):
        lk.logit_by("y ~ lag(x)", table, by="g")
    with pytest.raises(FormulaError):
        lk.logit_by("y ~ nothing", table, by="g")
    with pytest.raises(ResponseError, match="one class only"):
        lk.logit_by("y ~ x", table.assign(y=1), by="g")
    with pytest.raises(DataError, match="solver"):
        lk.logit_by("y ~ x", table, by="g", solver="newton")
    with pytest.raises(DataError, match="Column 'x' holds inf"):
        lk.logit_by("y ~ x", table.assign(x=np.where(table["g"] == "big", np.inf, table["x"])), by="g")
    fits = lk.logit_by("y ~ x", table, by="g")
    with pytest.raises(DataError, match=r"no group 'plane'.*Did you mean 'plain'"):
        fits["plane"]
    with pytest.raises(DataError, match="one value for each of g"):
        fits.at(("plain", 1))
    with pytest.raises(DataError, match="without data"):
        fits.predict(offset="o")


def test_the_page_tells_what_befell_the_groups(table):
    fits = lk.logit_by("y ~ x + z + C(f)", table, by="g")
    assert len(fits) == 15
    text = repr(fits)
    assert "Separated" in text
    assert "lacks" in text
    assert "ones" in text
    assert "7 more groups" in text
    assert fits._repr_html_().count("<table") >= 1


def test_pickled_fits_leave_the_rows_behind(table):
    fits = lk.logit_by("y ~ x + C(f)", table, by="g")
    loaded = pickle.loads(pickle.dumps(fits))
    assert_array_equal(loaded.coef, fits.coef)
    assert_array_equal(loaded.predict(table, unseen="missing"), fits.predict(table, unseen="missing"))
    with pytest.raises(DataError, match="do not hold their rows"):
        loaded["plain"]


def test_large_groups_and_wide_designs_go_the_way_of_single_fits(table, monkeypatch):
    expected = lk.logit_by("y ~ x + z", table, by="g")
    monkeypatch.setattr(grouped, "is_small", lambda rows, columns: rows < 100)
    found = lk.logit_by("y ~ x + z", table, by="g")
    assert found.groups.get_loc("big") in found.record.single
    assert found.groups.get_loc("plain") not in found.record.single
    assert_allclose(found.coef, expected.coef, rtol=ROUTE)
    assert_allclose(found.record.loglik, expected.record.loglik, rtol=ROUTE)


def test_a_wide_table_names_both_keys_in_every_panel():
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.normal(size=(400, 6)), columns=[f"a_rather_long_name_{k}" for k in range(6)])
    data["y"], data["state"], data["year"] = (
        rng.integers(0, 2, 400),
        ["Ohio", "Utah"] * 200,
        [1998, 1998, 1999, 1999] * 100,
    )
    text = str(lk.logit_by("y ~ " + " + ".join(data.columns[:6]), data, by=["state", "year"]))
    heads = [line.split()[:2] for line in text.splitlines() if line.startswith("state")]
    assert len(heads) > 1
    assert all(head == ["state", "year"] for head in heads)
