"""Partial areas, precision and recall, rank correlations, gains: pROC, Hmisc, scikit-learn, pairs one by one, sorts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import average_precision_score, precision_recall_curve

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from tolerances import EXACT, REFERENCE, ROUTE

REFERENCES = Path(__file__).parents[2] / "references" / "discrimination"
LARGE = "low ~ age + lwt + C(race) + smoke + ht + ui"


@pytest.fixture(scope="module")
def births():
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def large(births):
    return lk.logit(LARGE, births)


@pytest.fixture(scope="module")
def proc():
    return json.loads((REFERENCES / "ranking.json").read_text(encoding="utf-8"))


def counted(births):
    """Rows with frequency weights, and the same rows one by one."""
    weighted = births.assign(w=births["id"] % 4)
    return weighted, weighted.loc[weighted.index.repeat(weighted["w"])]


@pytest.mark.parametrize(
    ("focus", "given"), [("specificity", {"fpr": (0.0, 0.2)}), ("sensitivity", {"tpr": (0.75, 1.0)})]
)
def test_partial_areas_agree_with_proc(large, proc, focus, given):
    found = large.partial_auc(**given)
    assert_allclose(found.area, proc["partial"][focus]["area"], rtol=REFERENCE)
    assert_allclose(found.standardized, proc["partial"][focus]["corrected"], rtol=REFERENCE)
    drawn = large.partial_auc(**given, method="bootstrap", n=800)
    assert drawn.area == found.area
    assert_allclose(drawn.std_error, found.std_error, rtol=0.12)  # 800 samples, and 59 events
    assert drawn.low < found.area < drawn.high


def test_the_whole_curve_is_its_own_part(large):
    found, whole = large.partial_auc(fpr=(0, 1)), large.discrimination()
    assert_allclose([found.area, found.std_error, found.low], [whole.auc, whole.std_error, whole.low], rtol=EXACT)
    assert_allclose(found.standardized, whole.auc, rtol=EXACT)


def test_parts_add_up_to_the_whole(large):
    parts = [large.partial_auc(fpr=bounds).area for bounds in ((0, 0.13), (0.13, 0.6), (0.6, 1))]
    assert_allclose(sum(parts), large.discrimination().auc, rtol=EXACT)


def test_average_precision_agrees_with_scikit_learn(births, large):
    found = large.precision_recall()
    assert_allclose(found.average_precision, average_precision_score(births["low"], large.predict()), rtol=EXACT)
    precision, recall, thresholds = precision_recall_curve(births["low"], large.predict())
    at = np.searchsorted(thresholds, found.thresholds - 1e-12)
    assert_allclose(found.precision, precision[at], rtol=EXACT)
    assert_allclose(found.recall, recall[at], rtol=EXACT)


def test_error_of_average_precision_is_that_of_what_rows_add(births):
    """The derivative with respect to each weight by central differences, its squares summed."""
    weighted = births.assign(w=np.where(births["id"] % 3 == 0, 2.0, 1.0))
    fit = lk.logit("low ~ age + lwt", weighted, weights="w")
    y, p, w = weighted["low"].to_numpy(), fit.predict().to_numpy(), weighted["w"].to_numpy()
    n, added = w.sum(), []
    for i in range(y.size):
        ends = []
        for step in (1e-5, -1e-5):
            moved = w.copy()
            moved[i] += step
            ends.append(average_precision_score(y, p, sample_weight=moved))
        added.append((ends[0] - ends[1]) / 2e-5)
    found = fit.precision_recall()
    assert_allclose(found.std_error**2, w @ np.square(added) * n / (n - 1), rtol=1e-6)  # of central differences
    odds = [np.log(x / (1 - x)) for x in (found.low, found.average_precision, found.high)]
    assert_allclose(odds[1] - odds[0], odds[2] - odds[1], rtol=ROUTE)


def test_weights_are_rows(births):
    weighted, rows = counted(births)
    one, other = lk.logit("low ~ age + lwt", weighted, weights="w"), lk.logit("low ~ age + lwt", rows)
    for verb, names in (
        ("precision_recall", ("average_precision", "std_error", "low")),
        ("concordance", ("estimates", "errors", "concordant", "tied")),
        ("gains", ("events", "captured", "thresholds", "rate_low", "ks_depth")),
    ):
        first, second = getattr(one, verb)(), getattr(other, verb)()
        for name in names:
            assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-7, err_msg=name)  # two fits


def pairs(score, y):
    """Signs of all pairs with different outcomes, and the number of pairs."""
    different = np.triu(y[:, None] != y, 1)
    signs = np.sign(score[:, None] - score) * np.sign(y[:, None] - y)
    return signs[different], y.size * (y.size - 1) / 2


def test_concordance_of_an_event_is_that_of_pairs_and_of_hmisc(births, proc):
    fit = lk.logit("low ~ age + lwt", births)
    found, area = fit.concordance(), fit.discrimination()
    signs, every = pairs(np.round(fit.predict_logit().to_numpy(), 9), births["low"].to_numpy())
    assert (found.concordant, found.discordant, found.tied) == (
        (signs > 0).sum(),
        (signs < 0).sum(),
        (signs == 0).sum(),
    )
    assert_allclose(found.tau_a, signs.sum() / every, rtol=EXACT)
    assert_allclose(found.gamma, signs.sum() / np.abs(signs).sum(), rtol=EXACT)
    assert_allclose([found.c, found.errors[0]], [area.auc, area.std_error], rtol=ROUTE)
    assert_allclose([found.c, found.somers_d], [proc["rank"]["small"][k] for k in ("C Index", "Dxy")], rtol=REFERENCE)
    assert_allclose(found.errors[1], proc["rank"]["small"]["S.D."], rtol=0.01)  # Hmisc's is of another order in 1 / n


def test_concordance_of_ordered_outcomes_agrees_with_hmisc(births, proc):
    rows = births.assign(visits=np.minimum(births["ftv"], 2))
    fit = lk.ordinal("visits ~ age + lwt + smoke", rows)
    found, expected = fit.concordance(), proc["ordered"]
    assert_allclose([found.c, found.somers_d], [expected["C Index"], expected["Dxy"]], rtol=REFERENCE)
    assert 2 * found.concordant + found.tied == expected["Concordant"]
    assert_allclose(found.errors[1], expected["S.D."], rtol=0.02)  # Hmisc's is of another order in 1 / n
    mean = fit.predict().to_numpy() @ np.arange(3)
    signs, every = pairs(np.round(mean, 9), rows["visits"].to_numpy())
    assert_allclose(found.tau_a, signs.sum() / every, rtol=EXACT)


def test_errors_of_gamma_and_tau_are_those_of_what_rows_add(births):
    """Brute force: each row left out, as the jackknife has it."""
    rows = births.assign(visits=np.minimum(births["ftv"], 2))
    fit = lk.ordinal("visits ~ age + lwt + smoke", rows)
    score, y = np.round(fit.predict().to_numpy() @ np.arange(3), 9), rows["visits"].to_numpy()
    left = []
    for i in range(y.size):
        signs, every = pairs(np.delete(score, i), np.delete(y, i))
        left.append([signs.sum() / np.abs(signs).sum(), signs.sum() / every])
    jackknife = np.sqrt((y.size - 1) * np.var(left, axis=0))
    assert_allclose(fit.concordance().errors[2:], jackknife, rtol=0.02)  # of another order in 1 / n


def test_gains_are_those_of_sorted_rows(births, large):
    found = large.gains(groups=9)  # of 21 rows each
    y = births["low"].to_numpy()[np.argsort(-large.predict().to_numpy())]
    assert_allclose(found.events, y.reshape(9, 21).sum(axis=1), rtol=EXACT, atol=EXACT)
    assert_allclose(found.captured, np.cumsum(y)[20::21] / y.sum(), rtol=EXACT)
    assert_allclose(found.thresholds, np.sort(large.predict())[::-1][20::21], rtol=EXACT)
    assert_allclose(found.lift, found.rate / y.mean(), rtol=EXACT)
    assert_allclose(found.accuracy_ratio, large.discrimination().gini, rtol=EXACT)
    area = np.trapezoid(found.cap_events, found.cap_rows)
    assert_allclose((area - 0.5) / (0.5 * (1 - y.mean())), found.accuracy_ratio, rtol=EXACT)
    assert_allclose(found.captured_at(found.ks_depth), np.interp(found.ks_depth, found.depth, found.captured), atol=0.1)


def test_rows_in_chunks_have_the_same_measures(births, tmp_path):
    births.to_parquet(tmp_path / "births.parquet", index=False)
    fit = lk.logit("low ~ age + lwt", births)
    chunks = fit.on(tmp_path / "births.parquet")
    for verb, names in (
        ("precision_recall", ("average_precision", "std_error")),
        ("concordance", ("estimates", "errors")),
        ("gains", ("events", "thresholds", "ks_depth")),
    ):
        one, other = getattr(chunks, verb)(), getattr(fit, verb)()
        for name in names:
            assert_allclose(getattr(one, name), getattr(other, name), rtol=ROUTE, err_msg=name)
    assert_allclose(chunks.partial_auc(fpr=(0, 0.1)).area, fit.partial_auc(fpr=(0, 0.1)).area, rtol=ROUTE)


def test_dependent_rows_have_no_errors_and_it_is_said(births):
    fit = lk.logit("low ~ age + lwt", births, cluster="age")
    for found in (fit.precision_recall(), fit.concordance()):
        assert "No standard errors" in found.to_text()
    assert np.isnan(fit.gains().rate_low).all()
    assert fit.partial_auc(fpr=(0, 0.5)).std_error > 0  # by cluster


def test_what_has_no_event_or_no_order_is_refused(births, large):
    several = lk.multinomial("race ~ age", births)
    for verb in ("precision_recall", "gains"):
        with pytest.raises(UnsupportedError, match="of an event"):
            getattr(several, verb)()
    with pytest.raises(UnsupportedError, match="have an order"):
        several.concordance()
    with pytest.raises(DataError, match="one of the two"):
        large.partial_auc()
    with pytest.raises(DataError, match="one of the two"):
        large.partial_auc(fpr=(0, 0.1), tpr=(0.9, 1))
    with pytest.raises(DataError, match="from 2 to 1000"):
        large.gains(groups=1)
    with pytest.raises(DataError, match="needs both"):
        large.precision_recall(births[births["low"] == 0])


def test_tied_predictions_have_no_gamma_and_a_precision_of_the_rate():
    fit = lk.logit_matrix(np.ones((6, 1)), [0, 0, 0, 1, 1, 0], names=["Intercept"])
    found = fit.concordance()
    assert found.c == 0.5
    assert np.isnan(found.gamma)
    assert_allclose(fit.precision_recall().average_precision, 1 / 3, rtol=EXACT)


def test_figures_are_drawn_on_axes_that_are_given(large):
    from matplotlib.figure import Figure

    for name in ("precision_recall", "cap", "lift"):
        ax = Figure().add_subplot()
        assert getattr(large.plot, name)(ax=ax) is ax
        assert ax.lines
    assert list(large.gains().to_frame()["depth"]) == pytest.approx(np.arange(1, 11) / 10)


def test_no_standard_error_where_the_formula_gives_zero(births):
    constant = lk.logit("low ~ 1", births)
    for found in (
        constant.concordance(),
        lk.logit("low ~ low_again", births.assign(low_again=births["low"])).concordance(),
    ):
        assert np.isnan(found.errors).all()
        assert "does not imply precision" in " ".join(str(found).split())
    area = constant.partial_auc(fpr=(0.0, 0.2))
    assert_allclose(area.area, 0.02, rtol=EXACT)
    assert np.isnan([area.std_error, area.low, area.high]).all()
    assert "No standard error" in str(area)
    weighted = lk.logit("low ~ age", births.assign(w=0.1 + births["age"] / 30.0), weights="w", weight_kind="precision")
    assert "No standard error" in str(weighted.partial_auc(fpr=(0.0, 0.2)))
