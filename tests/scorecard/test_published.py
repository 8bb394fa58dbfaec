"""Printed numbers of other packages and of textbooks, each with the page where it stands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

import logitkit as lk
from logitkit.datasets import load_german_credit
from logitkit.scorecard.criteria import information_value, weight_of_evidence

# README of optbinning 0.21, "Example: Optimal binning with binary target", and its notebook tutorial_binary.ipynb
# (https://github.com/guillermo-navas-palencia/optbinning): cut points, table and analysis of "mean radius".
CUTS = [11.42500019, 12.32999992, 13.09499979, 13.70499992, 15.04500008, 16.92500019]
RADIUS = {
    "rows": [118, 79, 68, 49, 83, 54, 118],
    "events": [115, 76, 61, 39, 55, 10, 1],
    "event_rate": [0.974576, 0.962025, 0.897059, 0.795918, 0.662651, 0.185185, 0.008475],
    "woe": [-3.12517, -2.71097, -1.64381, -0.839827, -0.153979, 2.00275, 5.28332],
    "iv": [0.962483, 0.538763, 0.226599, 0.052131, 0.003385, 0.359566, 2.900997],
}
TOTALS = {"iv": 5.04392547, "js": 0.39378376, "hellinger": 0.47248971}
#: Least events and non-events in other packages.
ONE_OF_EACH = {"min_events": 1.0, "min_nonevents": 1.0}
#: Pearson's chi-square of neighbours, and its p-value.
NEIGHBOURS = [
    (0.252432, 6.153679e-01),
    (2.432829, 1.188183e-01),
    (2.345804, 1.256207e-01),
    (2.669235, 1.023052e-01),
    (29.910964, 4.523477e-08),
    (19.324617, 1.102754e-05),
]


@pytest.fixture(scope="module")
def tumours() -> pd.DataFrame:
    data = load_breast_cancer(as_frame=True)
    return data.frame[["mean radius", "mean texture", "target"]]


def as_cut(criterion: str = "iv", **limits: object) -> lk.scorecard.Bins:
    return lk.scorecard.Bins(prebins=CUTS, criterion=criterion, min_size=1, **ONE_OF_EACH, **limits)


def test_the_table_of_optbinning(tumours: pd.DataFrame) -> None:
    found = lk.scorecard.binning("mean radius", tumours, target="target", event=1, bins=as_cut())
    assert list(found.rule.cuts) == CUTS
    table = found.table().iloc[:-1]
    for column, printed in RADIUS.items():
        # Weights of evidence are printed with six digits, so with five decimals at most.
        np.testing.assert_allclose(table[column], printed, rtol=0, atol=5.1e-6 if column == "woe" else 5.1e-7)


@pytest.mark.parametrize("criterion", TOTALS)
def test_the_divergences_of_optbinning(criterion: str, tumours: pd.DataFrame) -> None:
    found = lk.scorecard.binning("mean radius", tumours, target="target", event=1, bins=as_cut(criterion))
    assert found.partition.value == pytest.approx(TOTALS[criterion], abs=5.1e-9)


def test_gini_and_ks_of_optbinning(tumours: pd.DataFrame) -> None:
    card = lk.scorecard(["mean radius"], tumours, target="target", event=1, bins=as_cut())
    sample = card.validate(tumours).samples[0]
    assert sample.gini == pytest.approx(0.87541620, abs=5.1e-9)
    assert sample.ks == pytest.approx(0.72862164, abs=5.1e-9)


def test_p_values_of_neighbours_of_optbinning(tumours: pd.DataFrame) -> None:
    """Seven bins meet the largest of the printed p-values, and none that is smaller in its last digit."""
    largest = max(p for _, p in NEIGHBOURS)
    for limit, n in ((largest + 1e-7, 7), (largest - 1e-7, 6)):
        bins = as_cut(max_p_value=limit)
        found = lk.scorecard.binning("mean radius", tumours, target="target", event=1, bins=bins)
        assert found.rule.n_values == n
    events, rows = np.array(RADIUS["events"], dtype=float), np.array(RADIUS["rows"], dtype=float)
    for m, (statistic, _) in enumerate(NEIGHBOURS):
        e, n = events[m : m + 2], rows[m : m + 2]
        table = (e[1] * n[0] - e[0] * n[1]) ** 2 * n.sum() / (e.sum() * (n - e).sum() * n.prod())
        assert table == pytest.approx(statistic, abs=5.1e-7)  # equation 6 of docs/maths/binning.md


def test_the_optimum_of_optbinning_over_cut_points_of_the_user(tumours: pd.DataFrame) -> None:
    """tutorial_binary.ipynb, "mean texture" with user_splits, 15 and 16 of them fixed: OPTIMAL, with IV 1.242301."""
    stated = lk.scorecard.Bins(
        shape="valley", prebins=[14, 15, 16, 17, 20, 21, 22, 27], cuts=[15, 16], min_size=1, max_bins=None
    )
    found = lk.scorecard.binning("mean texture", tumours, target="target", event=1, bins=stated)
    assert found.rule.cuts == (14.0, 15.0, 16.0, 20.0, 21.0, 22.0, 27.0)
    assert found.table()["events"].tolist() == [52, 35, 36, 151, 19, 19, 28, 17, 0]
    assert found.information.value == pytest.approx(1.242301, abs=5.1e-7)


# The same notebook: Home Credit, NAME_INCOME_TYPE, and HELOC, AverageMInFile, with special and missing values.
@pytest.mark.parametrize(
    ("events", "nonevents", "woe", "iv"),
    [
        (
            [2982, 5360, 15224, 1259],
            [52380, 66257, 143550, 20499],
            [0.433445, 0.082092, -0.188675, 0.357573],
            0.057455,
        ),
        (
            [450, 757, 450, 538, 357, 352, 433, 856, 325, 382, 312, 8, 3, 236],
            [98, 285, 248, 389, 301, 327, 466, 1128, 540, 705, 253, 2, 2, 256],
            [
                -1.436452,
                -0.889046,
                -0.507991,
                -0.236452,
                -0.082798,
                0.014157,
                0.161276,
                0.363759,
                0.595572,
                0.700605,
                -0.121786,
                -1.298467,
                -0.317637,
                0.169173,
            ],
            0.294358,
        ),
    ],
    ids=["home credit", "heloc"],
)
def test_counts_of_tutorials(events: list[int], nonevents: list[int], woe: list[float], iv: float) -> None:
    e, g = np.array(events, dtype=float), np.array(nonevents, dtype=float)
    np.testing.assert_allclose(weight_of_evidence(e, g)[0], woe, rtol=0, atol=5.1e-7)
    assert information_value(e, g).value == pytest.approx(iv, abs=5.1e-7)


# Help pages iv() and woebin() of the R package scorecard 0.4 (http://shichen.name/scorecard/reference/): its
# germancredit has our rows in our order, but that personal.status.and.sex is in another order there.
@pytest.mark.parametrize(
    ("variable", "iv"), [("checking_status", 0.666), ("credit_history", 0.293), ("savings_status", 0.196)]
)
def test_information_values_of_scorecard(variable: str, iv: float) -> None:
    """One bin per level, none with an empty cell (a count of 0 is 0.99 there; here both counts are one half more)."""
    loans = load_german_credit()
    bins = lk.scorecard.Bins(min_size=1, max_bins=None, rare=0, **ONE_OF_EACH)
    found = lk.scorecard.binning(variable, loans, target="class", event="bad", bins=bins)
    assert found.rule.n_values == loans[variable].nunique()
    assert found.information.value == pytest.approx(iv, abs=5.1e-4)


def test_bins_of_scorecard() -> None:
    """Its weight of evidence has the bads above."""
    loans = load_german_credit()
    bins = lk.scorecard.Bins(cuts=[1400, 1800, 4000, 9200], max_bins=5, shape="none", woe="bad/good")
    table = lk.scorecard.binning("credit_amount", loans, target="class", event="bad", bins=bins).table().iloc[:-1]
    assert table["rows"].tolist() == [267, 105, 382, 196, 50]
    assert table["events"].tolist() == [82, 18, 95, 76, 29]
    printed = [0.03366128, -0.72823850, -0.25830746, 0.39053946, 1.17007125]
    np.testing.assert_allclose(table["woe"], printed, rtol=0, atol=5.1e-9)
    parts = [0.0003045545, 0.0468153322, 0.0241086966, 0.0319870413, 0.0780047502]
    np.testing.assert_allclose(table["iv"], parts, rtol=0, atol=5.1e-11)
    assert table["iv"].sum() == pytest.approx(0.1812204, abs=5.1e-8)

    bins = lk.scorecard.Bins(min_size=1, woe="bad/good", rare=0, **ONE_OF_EACH)
    table = lk.scorecard.binning("housing", loans, target="class", event="bad", bins=bins).table().set_index("label")
    printed = {"rent": (0.4044452, 0.03139265), "own": (-0.1941560, 0.02579501), "for free": (0.4726044, 0.02610577)}
    for level, (woe, part) in printed.items():
        assert table.loc[level, "woe"] == pytest.approx(woe, abs=5.1e-8)
        assert table.loc[level, "iv"] == pytest.approx(part, abs=5.1e-9)


def test_bins_of_woe() -> None:
    """Age in the R package woe: Greif (2013), "R Credit Scoring: WoE & Information Value in woe Package"."""
    bins = lk.scorecard.Bins(cuts=[25.5, 27.5, 34.5, 38.5], max_bins=5, shape="none")
    found = lk.scorecard.binning("age", load_german_credit(), target="class", event="bad", bins=bins)
    table = found.table().iloc[:-1]
    assert table["events"].tolist() == [80, 27, 85, 24, 84]
    assert (table["rows"] - table["events"]).tolist() == [110, 74, 172, 108, 236]
    np.testing.assert_allclose(table["woe"], [-0.53, 0.16, -0.14, 0.66, 0.19], rtol=0, atol=5.1e-3)
    assert found.information.value == pytest.approx(0.13, abs=5.1e-3)


def test_offset_and_factor() -> None:
    """As Siddiqi's: 600 points at 50:1, 20 double the odds (worked by S. Roy in a forum: 28.8539 and 487.123)."""
    scaling = lk.scorecard.Scaling(base_points=600, base_odds=50, points_to_double=20)
    assert scaling.factor == pytest.approx(28.8539, abs=5.1e-5)
    assert scaling.offset == pytest.approx(487.123, abs=5.1e-4)
    np.testing.assert_allclose(scaling.points(np.array([0.0, 1.0])), [487.123, 515.9769], rtol=0, atol=5.1e-4)


def test_the_example_of_enterprise_miner() -> None:
    """Developing Credit Scorecards (Enterprise Miner 12.1), Scorecard node: 600 at 30:1, and 20 double the odds."""
    scaling = lk.scorecard.Scaling(base_points=600, base_odds=30, points_to_double=20)
    points = scaling.points(np.log([30.0, 60.0, 120.0, 15.0]))
    np.testing.assert_allclose(points, [600.0, 620.0, 640.0, 580.0], rtol=1e-14)


def test_the_stability_index_of_kascore() -> None:
    """Help page psi() of the R package KAscore, whose seed gives these counts (R 4): 0.3404592."""
    labels = ["[188,215]", "(215,221]", "(221,227]", "(227,237]"]
    weights = (np.array([248.0, 247.0, 260.0, 245.0]), np.array([13.0, 43.0, 63.0, 81.0]))
    found = lk.scorecard.psi(labels, labels, weights=weights, replicates=0)
    assert found.value == pytest.approx(0.3404592, abs=5.1e-8)
