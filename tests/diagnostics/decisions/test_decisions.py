"""Decision curves and reclassification: sums over rows, Hmisc, resampling, refusals, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError
from tolerances import EXACT, REFERENCE

REFERENCES = Path(__file__).parents[2] / "references" / "discrimination"


@pytest.fixture(scope="module")
def births():
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def large(births):
    return lk.logit("low ~ age + lwt + C(race) + smoke + ht + ui", births)


@pytest.fixture(scope="module")
def small(births):
    return lk.logit("low ~ age + lwt", births)


def test_net_benefit_is_a_mean_over_rows(births, large, small):
    cuts = [0.1, 0.25, 0.5]
    found = large.decision_curve({"small": small}, thresholds=cuts)
    y = births["low"].to_numpy()
    for k, fit in enumerate((large, small)):
        for t, cut in enumerate(cuts):
            z = (fit.predict().to_numpy() >= cut) * (y - (1 - y) * cut / (1 - cut))
            assert_allclose(found.net_benefit[k, t], z.mean(), rtol=EXACT, atol=EXACT)
            assert_allclose(found.std_error[k, t], z.std(ddof=1) / np.sqrt(y.size), rtol=1e-9)
    of_all = (y - (1 - y)[:, None].T * np.array(cuts)[:, None] / (1 - np.array(cuts))[:, None]).mean(axis=1)
    assert_allclose(found.of_all, of_all, rtol=EXACT)
    assert_allclose(found.standardized, found.net_benefit / y.mean(), rtol=EXACT)
    needless = [((large.predict() < 0.1) & (y == 0)).sum(), ((large.predict() < 0.1) & (y == 1)).sum()]
    assert_allclose(found.avoided[0, 0] * y.size, needless[0] - 9 * needless[1], rtol=EXACT)


def test_errors_are_those_of_resampled_rows(births, large):
    rng, y, p = np.random.default_rng(1), births["low"].to_numpy(), large.predict().to_numpy()
    z = (p >= 0.3) * (y - (1 - y) * 3 / 7)
    drawn = [z[rng.integers(0, y.size, y.size)].mean() for _ in range(2000)]
    assert_allclose(large.decision_curve(thresholds=0.3).std_error[0, 0], np.std(drawn), rtol=0.06)  # 2,000 samples
    of_events, of_nonevents = (z[y == k] * w for k, w in ((1, 1.0), (0, 1.0)))
    given = large.decision_curve(thresholds=0.3, prevalence=0.1)
    mean = 0.1 * of_events.mean() + 0.9 * of_nonevents.mean()
    variance = 0.01 * of_events.var() / of_events.size + 0.81 * of_nonevents.var() / of_nonevents.size
    assert_allclose([given.net_benefit[0, 0], given.std_error[0, 0] ** 2], [mean, variance], rtol=EXACT)
    assert "prevalence was given" in given.to_text()


def test_columns_of_probabilities_and_harm(births, large):
    rows = births.assign(p=large.predict(births))
    found = large.decision_curve("p", rows, thresholds=[0.2, 0.4], harm={"p": 0.02})
    assert_allclose(found.net_benefit[1], found.net_benefit[0] - 0.02, rtol=1e-9)
    assert "Harm was subtracted: p 0.02" in found.to_text()
    for words, given in (
        ("probabilities", {"other": "lwt"}),
        ("not negative", {"harm": -1.0}),
        ("harm names", {"harm": {"q": 1}}),
    ):
        with pytest.raises(DataError, match=words):
            large.decision_curve(data=rows, **given)
    with pytest.raises(DataError, match="between 0 and 1"):
        large.decision_curve(thresholds=[0.0])
    with pytest.raises(DataError, match="same rows"):
        large.decision_curve(large.on(births.iloc[::2]))


def test_weights_are_rows(births, large, small):
    weighted = births.assign(w=births["id"] % 3)
    rows = weighted.loc[weighted.index.repeat(weighted["w"])]
    one = lk.logit("low ~ age + lwt", weighted, weights="w")
    other = lk.logit("low ~ age + lwt", rows)
    first, second = one.decision_curve(thresholds=[0.2, 0.4]), other.decision_curve(thresholds=[0.2, 0.4])
    assert_allclose(first.net_benefit, second.net_benefit, rtol=1e-9)
    assert_allclose(first.std_error, second.std_error, rtol=1e-9)
    small_one, small_other = lk.logit("low ~ age", weighted, weights="w"), lk.logit("low ~ age", rows)
    pair = one.reclassification(small_one, cuts=[0.3]), other.reclassification(small_other, cuts=[0.3])
    assert_allclose(pair[0].estimates, pair[1].estimates, rtol=1e-6, atol=1e-9)  # two fits
    assert_allclose(pair[0].errors, pair[1].errors, rtol=1e-6)


def test_continuous_nri_and_idi_agree_with_hmisc(large, small):
    expected = json.loads((REFERENCES / "ranking.json").read_text(encoding="utf-8"))["improvement"]
    found = large.reclassification(small)
    assert_allclose([found.nri, found.idi], [expected["nri"], expected["idi"]], rtol=REFERENCE)
    assert_allclose(found.errors[:3], [expected[k] for k in ("se.nri", "se.nri.ev", "se.nri.ne")], rtol=REFERENCE)
    assert_allclose(found.errors[3], expected["se.idi"], rtol=0.01)  # Hmisc's IDI divides by other numbers of rows


def test_categories_are_counted(births, large, small):
    found = large.reclassification({"old": small}, cuts=[0.2, 0.4])
    y = births["low"].to_numpy()
    new, old = (np.digitize(fit.predict(), [0.2, 0.4]) for fit in (large, small))
    for table, k in ((found.event_table, 1), (found.nonevent_table, 0)):
        expected = [[np.sum((old == i) & (new == j) & (y == k)) for j in range(3)] for i in range(3)]
        assert table.tolist() == expected
    up, down = ([np.mean(side[y == k]) for k in (1, 0)] for side in (new > old, new < old))
    assert_allclose(
        found.estimates[:3], [up[0] - down[0] + down[1] - up[1], up[0] - down[0], down[1] - up[1]], rtol=EXACT
    )
    assert_allclose(found.errors[1], np.sqrt((up[0] + down[0] - (up[0] - down[0]) ** 2) / 59), rtol=EXACT)
    slopes = [np.mean(fit.predict()[y == 1]) - np.mean(fit.predict()[y == 0]) for fit in (large, small)]
    assert_allclose(found.idi, slopes[0] - slopes[1], rtol=EXACT)


def test_what_deserves_a_warning_is_printed_with_the_number(births, large, small):
    own, new = large.reclassification(small), large.reclassification(small, births.iloc[::2])
    assert np.isnan(own.p_values).all()
    assert "p-values are not given" in " ".join(own.to_text().split())
    assert not np.isnan(new.p_values).any()
    for found in (own, new):
        assert "not proper scores" in found.to_text()
    with pytest.raises(DataError, match="two predictions"):
        large.reclassification({"a": small, "b": small})


def test_curves_of_several_models_are_drawn(large, small):
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    assert large.plot.decision_curve({"small": small}, ax=ax) is ax
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["this fit", "small", "all", "none"]
    found = large.decision_curve({"small": small})
    assert len(found.to_frame()) == 2 * 99
    found = large.decision_curve({"small": small}, thresholds=[0.2, 0.4])
    assert found.plot(standardized=True).get_ylabel() == "Standardised net benefit"


def test_weights_that_are_no_counts_have_net_benefits_without_intervals(births):
    data = births.assign(w=0.1 + births["age"] / 30.0)
    found = lk.logit("low ~ lwt", data, weights="w", weight_kind="precision").decision_curve(thresholds=[0.2, 0.98])
    assert found.net_benefit[0, 1] == 0.0  # nobody is called: no rounding of sums of weights
    assert np.isnan(found.std_error).all()
    assert "No intervals" in str(found)
    assert "95% intervals" not in str(found)


def test_a_mapping_may_name_the_fit_itself() -> None:
    births = lk.datasets.load_lbw()
    small, large = (lk.logit(formula, births) for formula in ("low ~ age", "low ~ age + lwt"))
    named = small.decision_curve({"clinical": small, "with weight": large}, thresholds=[0.3])
    plain = small.decision_curve(large, thresholds=[0.3])
    assert (named.names, plain.names) == (("clinical", "with weight"), ("this fit", "other"))
    np.testing.assert_array_equal(named.net_benefit, plain.net_benefit)
    legend = small.plot.decision_curve({"with weight": large, "clinical": small}).get_figure()
    shown = [text.get_text() for ax in legend.axes for text in (*ax.texts, *getattr(ax.get_legend(), "texts", []))]
    assert {"clinical", "with weight"} <= set(shown)
