"""Augmentation: weights by P(accept), fitted, known or in bands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.scorecard import Augmentation
from oracles.rejects import LEVELS, population, solved
from tolerances import EXACT, ROUTE


def test_augmentation_weighs_accepts_by_the_acceptance_of_their_kind() -> None:
    """With one variable, P(accept) is the proportion of accepts in its bin."""
    table, accepted = population(3000, 5, "card")
    card = lk.scorecard(["first"], table[accepted], target="bad")
    found = lk.scorecard.reject_inference(card, table[accepted], table[~accepted], [Augmentation()])
    rate = pd.Series(accepted).groupby(table["first"]).mean()
    weights = 1 / rate[table["first"][accepted]].to_numpy()
    own, a = found.inferred[1], found.applicants
    np.testing.assert_allclose(own.coef, solved(a.accepts, a.bad, weights), rtol=1e-7)
    facts = dict(own.facts)
    np.testing.assert_allclose(facts["largest weight of an accept"], weights.max(), rtol=1e-7)
    np.testing.assert_allclose(facts["effective number of accepts"], weights.sum() ** 2 / (weights**2).sum(), rtol=1e-7)


#: Applicants by first, second, accepted and bad, the last fastest.
COUNTS = (
    *(76, 4, 359, 29, 77, 12, 325, 37, 104, 16, 297, 54),
    *(102, 24, 245, 53, 113, 43, 221, 66, 145, 64, 159, 79),
    *(145, 62, 134, 87, 136, 109, 104, 68, 123, 172, 65, 91),
)


def counted() -> tuple[pd.DataFrame, np.ndarray]:
    """Return these applicants, with a probability of acceptance that a policy could have had, and who was accepted."""
    cells = pd.MultiIndex.from_product([LEVELS, LEVELS, [False, True], [0, 1]], names=["first", "second", "a", "bad"])
    table = cells.repeat(COUNTS).to_frame(index=False)
    first, second = (table[name].map(dict(zip(LEVELS, range(3), strict=True))) for name in ("first", "second"))
    table["known"] = 0.9 - 0.2 * first - 0.1 * second
    return table, table.pop("a").to_numpy()


@pytest.mark.parametrize(
    ("method", "coef", "errors"),
    [
        (
            Augmentation(),
            [-1.21998261524, -1.03756558315, -1.24884145880],
            [0.0520440103034, 0.0711864958121, 0.1940403810377],
        ),
        (
            Augmentation(bands=4),
            [-1.22279904156, -1.03381544674, -1.25374998850],
            [0.0521523946848, 0.0709955777483, 0.1926431039236],
        ),
        (
            Augmentation(accept_probability="known", bands=3),
            [-1.22017102881, -1.03304208006, -1.24055873889],
            [0.0524612997143, 0.0704798794806, 0.1910104205088],
        ),
        (
            Augmentation(bands=3, bands_of="card"),
            [-1.22152147128, -1.03855379064, -1.23645412734],
            [0.0523303827452, 0.0702987878615, 0.1905328491361],
        ),
    ],
)
def test_augmentation_agrees_with_the_estimated_weights_of_two_phases_of_survey(
    method: Augmentation, coef: list[float], errors: list[float]
) -> None:
    """R 4.2 with survey 4.1, on d of these applicants with the weights of evidence w1 and w2 of the card.

    des <- estWeights(d, formula = ~ first + second, subset = ~ accepted)  # with bands: ~ factor(band)
    svyglm(bad ~ w1 + w2, design = des, family = quasibinomial)
    """
    table, accepted = counted()
    card = lk.scorecard(["first", "second"], table[accepted], target="bad")
    own = lk.scorecard.reject_inference(card, table[accepted], table[~accepted], [method]).inferred[1]
    np.testing.assert_allclose(
        own.coef, coef, rtol=2e-7 if method.bands is None else 1e-5
    )  # R stops at 1e-8 of deviance
    np.testing.assert_allclose(own.std_error, errors, rtol=3e-4)  # factors of 1 + 1 / n differ


def test_augmentation_by_a_known_probability_agrees_with_survey() -> None:
    """R 4.2 with survey 4.1, on the accepts a; the bad rate of rejects with weights 1 / known - 1 by svymean.

    svyglm(bad ~ w1 + w2, svydesign(ids = ~1, weights = ~I(1 / known), data = a), family = quasibinomial)
    """
    table, accepted = counted()
    card = lk.scorecard(["first", "second"], table[accepted], target="bad")
    known = Augmentation(accept_probability="known")
    found = lk.scorecard.reject_inference(card, table[accepted], table[~accepted], [known])
    own = found.inferred[1]
    assert own.method == "augmentation, by known"
    np.testing.assert_allclose(own.coef, [-1.21986202101, -1.03725781916, -1.25085046367], rtol=1e-6)
    np.testing.assert_allclose(own.std_error, [0.0521760963404, 0.0720835849147, 0.1961926617986], rtol=2e-5)
    assert found.table()["reject_bad_rate"].iloc[1] == pytest.approx(0.3459812908, rel=1e-9)
    assert own.rate_error == pytest.approx(0.0133141024671, rel=1e-7)
    assert dict(own.facts)["accepts that these probabilities expect"] == pytest.approx(table["known"].sum(), rel=EXACT)


def test_a_known_probability_is_right_though_the_policy_used_what_the_card_has_not() -> None:
    """Acceptance by chance given a hidden variable: weights by its probability restore all applicants."""
    table, _ = population(20_000, 43, "hidden")
    draw = np.random.default_rng(43)
    draw.integers(3, size=20_000), draw.integers(3, size=20_000)
    hidden = draw.integers(2, size=20_000)  # as the population drew it
    table["known"] = np.where(hidden == 1, 0.25, 0.8)
    accepted = np.random.default_rng(1).uniform(size=20_000) < table["known"].to_numpy()
    card = lk.scorecard(["first", "second"], table[accepted], target="bad")
    methods = [
        Augmentation(accept_probability="known"),
        Augmentation(accept_probability="known", bands=4),
        Augmentation(),
    ]
    found = lk.scorecard.reject_inference(card, table[accepted], table[~accepted], methods)
    error = found.against(table["bad"][~accepted])["error"]
    assert abs(error[["augmentation, by known", "augmentation, by known, 4 bands"]]).max() < 4 * 0.01
    assert error["augmentation"] < -0.1
    a, own = found.applicants, found.inferred[1]
    truth = solved(
        np.vstack([a.accepts, a.rejects]), np.concatenate([a.bad, table["bad"][~accepted]]), np.ones(len(table))
    )
    assert (np.abs(own.coef - truth) < 3.5 * own.std_error).all()
    assert np.abs((found.inferred[0].coef - truth) / own.std_error).max() > 8


def test_known_probabilities_that_contradict_what_happened_are_refused() -> None:
    table, accepted = counted()
    card = lk.scorecard(["first", "second"], table[accepted], target="bad")
    for rows, value, words in (
        (accepted, 0.0, "known of accepts must be probabilities above 0"),
        (~accepted, 1.0, "known of rejects must be probabilities of acceptance of at least 0 and below 1"),
        (accepted, np.nan, "none may be missing"),
    ):
        wrong = table.copy()
        wrong.loc[np.flatnonzero(rows)[:1], "known"] = value
        with pytest.raises(DataError, match=words):
            lk.scorecard.reject_inference(
                card, wrong[accepted], wrong[~accepted], [Augmentation(accept_probability="known")]
            )
    low = table.assign(known=table["known"].where(accepted | (table["first"] != "a"), 0.001))
    with pytest.raises(UnsupportedError, match=r"no accepts are like them.* Assume what rejects are"):
        lk.scorecard.reject_inference(card, low[accepted], low[~accepted], [Augmentation(accept_probability="known")])
    with pytest.raises(DataError, match="no column 'policy'"):
        lk.scorecard.reject_inference(
            card, table[accepted], table[~accepted], [Augmentation(accept_probability="policy")]
        )


def test_two_bins_that_were_never_accepted_together_have_no_overlap() -> None:
    """A logistic model without interactions would give these rejects a probability of 0.3."""
    table, accepted = population(3000, 7, "card")
    accepted &= ~((table["first"] == "c") & (table["second"] == "c")).to_numpy()
    card = lk.scorecard(["first", "second"], table[accepted], target="bad")
    given = (card, table[accepted], table[~accepted])
    with pytest.raises(UnsupportedError, match=r"% of the rejects have a probability of acceptance below least=0\.02"):
        lk.scorecard.reject_inference(*given, [Augmentation()])
    assert lk.scorecard.reject_inference(*given, [Augmentation(on=["first"])]).refused == ()


def test_augmentation_is_right_for_all_applicants_where_the_card_has_the_wrong_form() -> None:
    """With an interaction that the card has not, the best card of accepts is not that of all; weights restore it."""
    draw = np.random.default_rng(41)
    n = 40_000
    first, second = draw.integers(3, size=n), draw.integers(3, size=n)
    bad = draw.uniform(size=n) < expit(-2.5 + 0.3 * first + 0.2 * second + 0.9 * first * (second == 2))
    accepted = draw.uniform(size=n) < expit(2.0 - 1.0 * first - 0.8 * second)
    table = pd.DataFrame({"first": LEVELS[first], "second": LEVELS[second], "bad": bad.astype(int)})
    card = lk.scorecard(["first", "second"], table[accepted], target="bad")
    found = lk.scorecard.reject_inference(card, table[accepted], table[~accepted], [Augmentation()])
    a = found.applicants
    known = np.concatenate([a.bad, bad[~accepted]])
    truth = solved(np.vstack([a.accepts, a.rejects]), known, np.ones(n))
    none, own = found.inferred[:2]
    assert (np.abs(own.coef - truth) < 4 * own.std_error).all()
    assert np.abs((none.coef - truth) / none.std_error).max() > 5  # that of accepts is far off


def test_acceptance_is_explained_by_variables_that_the_card_left_out() -> None:
    table, accepted = population(2000, 37, "card")
    own = lk.scorecard.Selection(min_iv=0.2, method="all")
    card = lk.scorecard(["first", "second"], table[accepted], target="bad", selection=own)
    assert card.card.names == ("first",)
    given = (card, table[accepted], table[~accepted])
    found = lk.scorecard.reject_inference(*given, [Augmentation(on=["first", "second"])])
    assert "in the same bins of first, second," in found.inferred[1].assumption
    with pytest.raises(DataError, match="'second' has no bins here"):
        Augmentation(on=["second"]).infer(lk.scorecard.reject_inference(*given, []).applicants)


@pytest.mark.parametrize("method", [Augmentation(), Augmentation(bands=3)])
def test_kinds_of_weight_zero_are_absent(method: Augmentation) -> None:
    table, accepted = population(1000, 3, "card")
    weights = 1.0 - ((table["first"] == "b") & (table["second"] == "b")).to_numpy()
    answers = []
    for rows in (np.ones(1000, dtype=bool), weights > 0):
        own, others = accepted & rows, ~accepted & rows
        card = lk.scorecard(["first", "second"], table[own], target="bad", weights=weights[own])
        numbers = {"weights": weights[own], "reject_weights": weights[others]}
        answers.append(lk.scorecard.reject_inference(card, table[own], table[others], [method], **numbers).inferred[1])
    np.testing.assert_allclose(answers[0].coef, answers[1].coef, rtol=ROUTE)
    np.testing.assert_allclose(answers[0].std_error, answers[1].std_error, rtol=ROUTE)
    assert answers[0].mean_rate == pytest.approx(answers[1].mean_rate, rel=ROUTE)
