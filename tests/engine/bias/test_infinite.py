"""Whether estimates are finite, and what is said where they are not: grids, rays and what other data sets give."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, ndtr

import logitkit as lk
from logitkit.engine.bias.scores import AdjustedScores
from logitkit.errors import DataWarning, UnsupportedError
from logitkit.inference.likelihood import likelihood_of
from oracles.bias import adjusted_score
from tolerances import ROUTE

#: Inverse and density of each link, written out.
LINKS = {
    "logit": (expit, lambda t: expit(t) * expit(-t)),
    "probit": (ndtr, lambda t: np.exp(-0.5 * t * t) / np.sqrt(2.0 * np.pi)),
    "cloglog": (lambda t: -np.expm1(-np.exp(t)), lambda t: np.exp(t - np.exp(t))),
    "loglog": (lambda t: np.exp(-np.exp(-t)), lambda t: np.exp(-t - np.exp(-t))),
    "cauchit": (lambda t: 0.5 + np.arctan(t) / np.pi, lambda t: 1.0 / (np.pi * (1.0 + t * t))),
}
SEPARATED = {"y": [0, 0, 0, 1, 1], "x": [-2.0, -1.5, -0.5, 1.0, 2.0]}
SEVERAL = {"y": [0, 0, 0, 1, 0, 0, 0], "x": [100.0, 1.0, -2.0, -7.0, 3.0, -5.0, -1.0]}


def penalised_on_grid(link, data, power, intercepts, slopes):
    """The penalised log-likelihood of an intercept and a slope at each point of a grid."""
    inverse, density = LINKS[link]
    x, y = np.array(data["x"]), np.array(data["y"])
    eta = intercepts[:, None, None] + slopes[None, :, None] * x
    with np.errstate(all="ignore"):
        p, q, f = inverse(eta), inverse(-eta), density(eta)
        if link in ("cloglog", "loglog"):
            q = np.exp(-np.exp(eta)) if link == "cloglog" else -np.expm1(-np.exp(-eta))
        loglik = np.where(y == 1, np.log(p), np.log(q)).sum(axis=2)
        weights = f * f / (p * q)
        one, two, three = ((weights * x**k).sum(axis=2) for k in range(3))
        value = loglik + power * np.log(one * three - two * two)
    return np.where(np.isfinite(value), value, -np.inf)


@pytest.mark.parametrize("link", LINKS)
def test_jeffreys_prior_is_largest_at_a_finite_point_on_a_grid_of_separated_data(link):
    assert lk.logit("y ~ x", SEPARATED, link=link).record.is_separated
    fit = lk.logit("y ~ x", SEPARATED, link=link, penalty=lk.Jeffreys())
    at = penalised_on_grid(link, SEPARATED, 0.5, *(np.array([c]) for c in fit.coef))[0, 0]
    assert_allclose(fit.record.adjustment.value, at, rtol=ROUTE)
    near = penalised_on_grid(link, SEPARATED, 0.5, *(c + np.linspace(-3, 3, 121) for c in fit.coef))
    assert near.max() <= at + 1e-12
    wide = np.concatenate([-np.geomspace(1e3, 0.1, 60), np.geomspace(0.1, 1e3, 60)])
    far = penalised_on_grid(link, SEPARATED, 0.5, wide, wide)
    assert far.max() < at
    edge = np.concatenate([far[0], far[-1], far[:, 0], far[:, -1]])
    assert edge.max() < at - 2.0  # and it falls outwards


def test_the_highest_of_several_maxima_is_reported_with_the_cauchit_link():
    with pytest.warns(DataWarning, match="penalised likelihood has several maxima: 5 of 7 starts"):
        fit = lk.logit("y ~ x", SEVERAL, link="cauchit", penalty=lk.Jeffreys(0.1))
    assert "several maxima" in str(fit.summary())
    wide = np.concatenate([-np.geomspace(200, 0.01, 150), np.geomspace(0.01, 200, 150)])
    grid = penalised_on_grid("cauchit", SEVERAL, 0.1, wide, wide)
    place = np.unravel_index(grid.argmax(), grid.shape)
    assert grid.max() < fit.record.adjustment.value < grid.max() + 0.05
    assert_allclose(fit.coef, wide[list(place)], rtol=0.1)  # neighbours on the grid are 7% apart


#: Data whose scores have a smallest size where there is no root: steps that make them smaller end there.
STALLS = [
    (
        "logit",
        lk.MedianBias(),
        [0, 1, 1, 1, 1, 1, 1, 1, 1],
        [0.3, -0.3, -0.9, -0.5, -1.0, 0.1, 1.3, -0.5, -0.6],
        [1, 1, 0, 0, 0, 1, 0, 1, 0],
    ),
    ("cauchit", lk.MeanBias(), [1, 1, 1, 0, 1, 1], [-0.3, -0.1, 0.6, 1.8, 0.2, 0.1], [1, 0, 1, 1, 0, 1]),
    (
        "logit",
        lk.MeanBias(),
        [0, 1, 1, 0, 0, 1, 1, 1],
        [0, 0.8, -2.8, -0.1, 0.5, 0.7, 1.7, 1.1],
        [1, 0, 0, 1, 1, 1, 1, 1],
    ),
]


@pytest.mark.parametrize("case", STALLS, ids=lambda case: f"{case[0]}-{case[1]}")
def test_a_root_is_found_beyond_a_smallest_size_of_the_scores(case):
    link, penalty, y, x, z = case
    fit = lk.logit("y ~ x + z", {"y": y, "x": x, "z": z}, link=link, penalty=penalty)
    assert fit.record.converged
    X, y = np.column_stack([np.ones(len(y)), x, z]), np.array(y)

    def rows(coef):
        eta = X @ coef
        return np.stack([LINKS[link][0](-eta), LINKS[link][0](eta)])  # both links are symmetric

    median = isinstance(penalty, lk.MedianBias)
    score = adjusted_score(rows, fit.coef.to_numpy(), np.ones(y.size), np.stack([1 - y, y]), median)
    assert_allclose(score, 0.0, atol=1e-5)  # second differences


@pytest.mark.parametrize("link", LINKS)
def test_adjusted_scores_point_inwards_far_out_on_separated_data(link):
    fit = lk.logit("y ~ x", SEPARATED, link=link, penalty=lk.MeanBias())
    assert fit.record.converged
    inverse = LINKS[link][0]
    x, y = np.array(SEPARATED["x"]), np.array(SEPARATED["y"])

    def rows(coef):
        p = inverse(coef[0] + coef[1] * x)
        return np.stack([1.0 - p, p])

    root = adjusted_score(rows, fit.coef.to_numpy(), np.ones(5), np.stack([1 - y, y]))
    assert_allclose(root, 0.0, atol=2e-6)  # second differences
    likelihood = likelihood_of(fit.record, fit.design)
    scores = AdjustedScores(likelihood.plain().with_family(fit.record.family.expected))
    length = {"probit": 5.0, "cloglog": 3.0, "loglog": 3.0}.get(link, 12.0)  # before the information is rounded to zero
    for angle in np.linspace(0.0, 2 * np.pi, 33):
        way = np.array([np.cos(angle), np.sin(angle)])
        here = scores.at(likelihood.coef + length * way)
        assert here is None or here.scores @ way < 0.0


def test_columns_without_a_prior_that_separate_have_infinite_estimates():
    data = {"y": [0, 0, 1, 1, 1, 1, 0], "z": [1.0, 0, 1, 1, 0, 1, 0.5], "g": [0, 0, 0, 0, 1, 1, 0]}
    fit = lk.logit("y ~ z + g", data, penalty=lk.LogF({"z": 1}))
    assert fit.record.is_separated
    assert fit.coef["g"] == np.inf
    assert np.isnan(fit.std_error["g"])
    text = " ".join(str(fit.summary()).split())
    assert "Infinite: g." in text
    assert "give a prior to each of the columns" in text
    # What is finite is the fit of the rows without the group, whose prior is the same.
    rest = {name: [*values[:4], values[6]] for name, values in data.items()}
    left = lk.logit("y ~ z", rest, penalty=lk.LogF({"z": 1}))
    assert_allclose(fit.coef[["Intercept", "z"]], left.coef, rtol=1e-7)  # to the solver's tolerance
    assert_allclose(fit.std_error[["Intercept", "z"]], left.std_error, rtol=1e-7)
    assert_allclose(fit.record.adjustment.value, left.record.adjustment.value, rtol=ROUTE)
    for verb in (fit.lr_test, fit.profile, lambda: fit.confint("profile"), lambda: fit.anova(test="LR")):
        with pytest.raises(UnsupportedError, match=r"estimates are infinite \(g\)"):
            verb()
    assert np.isfinite(lk.logit("y ~ z + g", data, penalty=lk.LogF(1)).coef).all()


def test_several_outcomes_without_priors_have_infinite_estimates():
    data = {"y": list("aabbbccc"), "x": [1.0, 2, 3, 4, 5, 6, 7, 8], "z": [1.0, 0, 0, 1, 1, 0, 1, 0]}
    nominal = lk.multinomial("y ~ x + z", data, reference="a", penalty=lk.LogF({"z": 1}))
    ordered = lk.fit("y ~ x + z", data, model=lk.Ordinal(order=["a", "b", "c"]), penalty=lk.LogF({"z": 1}))
    for fit, terms in ((nominal, ["b:x", "c:x"]), (ordered, ["x"])):
        assert fit.record.is_separated
        found = dict(zip(fit.record.names, fit.record.coef, strict=True))
        assert all(found[term] == np.inf for term in terms)
        assert all(np.isfinite(value) for name, value in found.items() if name.endswith("z"))


def test_a_prior_that_outweighs_an_outcome_between_others_is_refused():
    data = {"y": list("aabcbacccb"), "x": np.arange(10.0) % 4}
    ordered = lk.Ordinal(order=["a", "b", "c"])
    assert lk.fit("y ~ x", data, model=ordered, penalty=lk.Jeffreys(2.9)).record.converged
    with pytest.raises(UnsupportedError, match=r"outcome 'b' occurs 3 times, .* more than the power 3"):
        lk.fit("y ~ x", data, model=ordered, penalty=lk.Jeffreys(3))
    assert lk.multinomial("y ~ x", data, penalty=lk.Jeffreys(3)).record.converged


def test_priors_of_ordered_outcomes_go_beside_aliased_columns():
    births = lk.datasets.load_lbw().assign(size=lambda d: d["bwt"] // 1200, twice=lambda d: 2.0 * d["age"])
    births["w"] = np.where(births["race"] == "black", 0, 1)
    for formula, plain, rows in (
        ("size ~ race + smoke", "size ~ race + smoke", births[births["w"] == 1]),
        ("size ~ age + twice + smoke", "size ~ age + smoke", births),
    ):
        weights = "w" if rows is not births else None
        fit = lk.ordinal(formula, births, weights=weights, penalty=lk.LogF(1))
        other = lk.ordinal(plain, rows, penalty=lk.LogF(1))
        assert_allclose(fit.coef.dropna(), other.coef.dropna(), rtol=1e-6)  # to the solver's tolerance
        assert fit.coef.isna().sum() == 1
