"""Priors at earlier coefficients, their strength, extensions, and the ladder, against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc, expit

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.selection.fold_makers import stratified_folds
from logitkit.selection.updating.prior import prior_at
from logitkit.selection.updating.strength import choose_prior, fit_at_prior
from tolerances import EXACT, ITERATIVE, ROUTE


def rows(seed, n, a=0.0, b=1.0, c=0.0):
    rng = np.random.default_rng(seed)
    x, z, new = rng.standard_normal((3, n))
    eta = a + b * (0.8 * x - 0.5 * z - 0.3) + c * new
    return {"y": (rng.random(n) < expit(eta)).astype(int), "x": x, "z": z, "new": new}


OLD, NEW, TEST = rows(1, 500), rows(2, 240, a=0.7, b=0.6, c=0.8), rows(3, 200, a=0.7, b=0.6, c=0.8)


@pytest.fixture(scope="module")
def fit():
    return lk.logit("y ~ x + z", OLD)


def columns(data):
    return np.column_stack([np.ones(len(data["x"])), data["x"], data["z"]])


def newton(X, y, precision=0.0, centre=0.0, offset=0.0):
    """Posterior mode by plain Newton steps, and its log-likelihood."""
    b = np.zeros(X.shape[1])
    P = precision * np.eye(b.size) if np.ndim(precision) == 0 else precision
    for _ in range(40):
        p = expit(X @ b + offset)
        hessian = X.T @ (X * (p * (1 - p))[:, None]) + P
        b = b - np.linalg.solve(hessian, X.T @ (p - y) + P @ (b - centre))
    eta = X @ b + offset
    return b, float(np.sum(y * eta - np.logaddexp(0, eta))), hessian


def plain_prior(strength):
    """Coefficients and covariance of the old rows, and the prior that they are: the intercept eliminated."""
    b, _, information = newton(columns(OLD), OLD["y"])
    own, one = information[1:, 1:], information[1:, :1]
    precision = np.zeros((3, 3))
    precision[1:, 1:] = strength * (own - one @ one.T / information[0, 0])
    return b, precision


def test_the_prior_is_the_information_without_the_intercept(fit):
    centre, precision = plain_prior(0.25)
    found = prior_at(fit.record, 0.25)
    assert_allclose(found.mean, centre, rtol=ROUTE)
    assert_allclose(found.precision, precision, rtol=1e-7, atol=1e-9)  # an inverse of an inverse


@pytest.mark.parametrize("strength", [0.03, 1.0])
def test_the_update_is_the_mode_of_the_posterior(fit, strength):
    centre, precision = plain_prior(strength)
    coef, loglik, hessian = newton(columns(NEW), NEW["y"], precision, centre)
    found = fit.update(NEW, "prior", strength=strength)
    assert_allclose(found.model.coef, coef, rtol=1e-6)
    assert_allclose(found.ladder.loglik[-1], loglik, rtol=ITERATIVE)
    assert_allclose(found.model.vcov, np.linalg.inv(hessian), rtol=ITERATIVE, atol=1e-9)
    # Effective parameters are the trace of the information of the new rows over that of the posterior.
    freedom = np.trace(np.linalg.solve(hessian, hessian - precision))
    assert_allclose(found.ladder.n_params[-1], freedom, rtol=ITERATIVE)


def test_the_ends_are_the_revision_and_the_intercept(fit):
    refit = lk.logit("y ~ x + z", NEW)
    assert_allclose(fit_at_prior(fit.record, refit.design, 0.0).coef, refit.coef, rtol=1e-6)
    held = fit_at_prior(fit.record, refit.design, 1e9).coef
    assert_allclose(held[1:], fit.coef[1:], rtol=1e-6)
    shift = fit.update(NEW, "intercept").model.recalibrator.estimate[0]
    assert_allclose(held[0] - fit.coef["Intercept"], shift, rtol=ITERATIVE)


def test_at_strength_one_it_is_close_to_a_fit_of_all_rows_with_an_intercept_for_each_place(fit):
    same = rows(9, 400, a=0.5)
    found = fit.update(same, "prior", strength=1.0)
    place = np.repeat([0, 1], [500, 400])
    pooled = lk.logit("y ~ x + z + place", {k: np.append(OLD[k], same[k]) for k in OLD} | {"place": place})
    away = (found.model.coef[1:] - pooled.coef[["x", "z"]]) / pooled.std_error[["x", "z"]]
    assert np.abs(away).max() < 0.1  # the likelihood of the old rows is not quite a parabola
    assert_allclose(found.model.std_error[1:], pooled.std_error[["x", "z"]], rtol=0.05)


def test_the_strength_is_that_of_plain_cross_validation(fit):
    design = lk.logit("y ~ x + z", NEW).design
    splits = stratified_folds(design.response, 4, seed=3)
    found = choose_prior(fit.record, design, splits)
    X, y = columns(NEW), NEW["y"]
    losses = np.zeros((4, found.strengths.size))
    for split in range(4):
        train, test = splits.train(split), splits.test(split)
        for place, strength in enumerate(found.strengths):
            centre, precision = plain_prior(strength)
            eta = X[test] @ newton(X[train], y[train], precision, centre)[0]
            losses[split, place] = np.mean(np.logaddexp(0, eta) - y[test] * eta)
    size = [splits.test(split).size for split in range(4)]
    mean = np.average(losses, axis=0, weights=size)
    assert_allclose(found.log_loss, mean, rtol=ITERATIVE)
    assert found.chosen == found.strengths[np.argmin(mean)]
    assert (found.strengths[0], found.strengths.size) == (1.0, 9)


def test_the_ladder_is_that_of_plain_numpy(fit):
    found = fit.update(NEW, extend="new", held_out=TEST).ladder
    X, y = columns(NEW), NEW["y"]
    eta = X @ fit.coef.to_numpy()
    one = np.ones((y.size, 1))
    line = np.column_stack([one, eta])
    more = np.column_stack([line, NEW["new"]])
    fits = [newton(one, y, offset=eta), newton(line, y), newton(X, y), newton(more, y)]
    loglik = np.array([np.sum(y * eta - np.logaddexp(0, eta)), *(each[1] for each in fits)])
    assert found.updates == ("original", "intercept", "slope", "revision", "extension")
    assert_allclose(found.loglik, loglik, rtol=ROUTE)
    assert found.n_params.tolist() == [0, 1, 2, 3, 3]
    ratio = [*(2 * (loglik[3] - loglik[:3])), np.nan, 2 * (loglik[4] - loglik[2])]
    assert_allclose(found.statistic, ratio, rtol=1e-6)
    dof = np.array([3, 2, 1, np.nan, 1])
    assert_allclose(found.dof, dof)
    assert_allclose(found.p_value, chdtrc(dof, np.array(ratio)), rtol=1e-5)
    assert found.against == ("revision", "revision", "revision", "", "slope")

    at, there = columns(TEST), TEST["y"]
    base = at @ fit.coef.to_numpy()
    new = np.column_stack([np.ones(base.size), base, TEST["new"]])
    etas = [base, base + fits[0][0], new[:, :2] @ fits[1][0], at @ fits[2][0], new @ fits[3][0]]
    for scores, own in zip(found.held_out, etas, strict=True):
        p = expit(own)
        above = p[there == 1][:, None] - p[there == 0]
        slope = newton(np.column_stack([np.ones(own.size), own]), there)[0][1]
        large = newton(np.ones((own.size, 1)), there, offset=own)[0][0]
        loss = np.mean(np.logaddexp(0, own) - there * own)
        wanted = [loss, np.mean((there - p) ** 2), np.mean((above > 0) + 0.5 * (above == 0)), slope, large]
        assert_allclose(scores, wanted, rtol=1e-6, atol=1e-9)


def three(seed, n, shift=0.0):
    rng = np.random.default_rng(seed)
    data = rows(seed, n)
    X = columns(data)
    eta = X @ np.array([[0.0, 0.0, 0.0], [0.2 + shift, 0.8, -0.5], [-0.3, -0.4, 0.6 + shift]]).T
    data["y"] = np.array(["a", "b", "c"])[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]
    return data


def softmax_newton(X, codes, precision, centre):
    """Posterior mode of the logits of b and c against a by plain Newton steps, and the Hessian there."""
    p = X.shape[1]
    b = np.zeros(2 * p)
    for _ in range(40):
        eta = np.column_stack([np.zeros(len(X)), X @ b[:p], X @ b[p:]])
        mean = np.exp(eta - eta.max(axis=1, keepdims=True))
        mean /= mean.sum(axis=1, keepdims=True)
        score = np.concatenate([X.T @ ((codes == k) - mean[:, k]) for k in (1, 2)])
        hessian = np.block(
            [[X.T @ (X * (mean[:, k] * ((k == j) - mean[:, j]))[:, None]) for j in (1, 2)] for k in (1, 2)]
        )
        b = b + np.linalg.solve(hessian + precision, score - precision @ (b - centre))
    return b, hessian + precision


@pytest.mark.parametrize("strength", [0.1, 1.0])
def test_the_update_of_several_outcomes_is_the_mode_of_the_posterior(strength, tmp_path):
    old, new = three(4, 500), three(5, 200, 0.4)
    fit = lk.multinomial("y ~ x + z", old, reference="a")
    codes = [(data["y"] == "b") + 2 * (data["y"] == "c") for data in (old, new)]
    centre, information = softmax_newton(columns(old), codes[0], np.zeros((6, 6)), 0.0)
    own, one = np.array([1, 2, 4, 5]), np.array([0, 3])
    block = information[np.ix_(own, one)]
    precision = np.zeros((6, 6))
    eliminated = block @ np.linalg.solve(information[np.ix_(one, one)], block.T)
    precision[np.ix_(own, own)] = strength * (information[np.ix_(own, own)] - eliminated)
    coef, hessian = softmax_newton(columns(new), codes[1], precision, centre)
    found = fit.update(new, "prior", strength=strength)
    assert_allclose(found.model.coef.to_numpy().T.reshape(-1), coef, rtol=1e-6)
    assert_allclose(found.model.vcov, np.linalg.inv(hessian), rtol=ITERATIVE, atol=1e-9)
    freedom = np.trace(np.linalg.solve(hessian, hessian - precision))
    assert_allclose(found.ladder.n_params[-1], freedom, rtol=ITERATIVE)
    again = lk.load(found.save(tmp_path / "updated.json"))
    assert_allclose(again.predict(new), found.predict(new), rtol=EXACT)
    stated = lk.GaussianPrior(mean=fit.coef, precision=precision)
    by_hand = lk.multinomial("y ~ x + z", new, reference="a", penalty=stated)
    assert_allclose(by_hand.coef, found.model.coef, rtol=1e-6)


def test_the_strength_of_a_prior_of_several_outcomes_is_chosen():
    fit, new = lk.multinomial("y ~ x + z", three(4, 500), reference="a"), three(5, 200)
    found = fit.update(new, "prior", folds=2).ladder
    assert found.strength.chosen == found.strength.strengths[np.argmin(found.strength.log_loss)]


def sandwich(X, y, weights):
    """Weighted estimates by plain Newton steps, and their sandwich with the factor n / (n - 1)."""
    b = np.zeros(X.shape[1])
    for _ in range(40):
        p = expit(X @ b)
        bread = X.T @ (X * (weights * p * (1 - p))[:, None])
        b = b - np.linalg.solve(bread, X.T @ (weights * (p - y)))
    scores = X * (weights * (y - expit(X @ b)))[:, None]
    half = np.linalg.solve(bread, scores.T)
    return b, half @ half.T * len(y) / (len(y) - 1)


def test_sampling_weights_and_clusters_have_the_distances_of_plain_numpy():
    weights = np.random.default_rng(8).uniform(0.5, 3.0, 240)
    old, new = OLD | {"w": np.ones(500), "id": np.arange(500)}, NEW | {"w": weights, "id": np.arange(240)}
    fit = lk.logit("y ~ x + z", old, weights="w", weight_kind="sampling")
    made = fit.update(new, extend="new", held_out=TEST | {"w": np.ones(200)})
    found, a, X, y = made.ladder, fit.coef.to_numpy(), columns(NEW), NEW["y"]
    b, V = sandwich(X, y, weights)
    W = np.linalg.inv(V)
    whole = (b - a) @ W @ (b - a)
    slopes = (b - a)[1:] @ np.linalg.solve(V[1:, 1:], (b - a)[1:])  # profiled over the intercept
    S = np.linalg.inv(V[1:, 1:])
    share = (a[1:] @ S @ b[1:]) / (a[1:] @ S @ a[1:])
    line = (b[1:] - share * a[1:]) @ S @ (b[1:] - share * a[1:])
    more, cov = sandwich(np.column_stack([np.ones(240), X @ a, NEW["new"]]), y, weights)
    assert_allclose(found.statistic, [whole, slopes, line, np.nan, more[2] ** 2 / cov[2, 2]], rtol=1e-6)
    assert_allclose(found.dof, [3, 2, 1, np.nan, 1])
    assert_allclose(found.p_value, chdtrc(found.dof, found.statistic))
    assert found.by_distance
    assert "Wald's" in repr(made)
    assert_allclose(fit.update(new, "revision").model.std_error, np.sqrt(np.diag(V)), rtol=1e-7)
    # Every row twice, in a cluster with itself, tells as much as once.
    by_cluster = lk.logit("y ~ x + z", old, cluster="id")
    once, twice = (
        by_cluster.update({key: np.repeat(value, times) for key, value in new.items()}).ladder for times in (1, 2)
    )
    assert_allclose(once.statistic, twice.statistic, rtol=1e-7)
    for ask in (fit.update, by_cluster.update):
        with pytest.raises(UnsupportedError, match="sampling weights and clusters do not have"):
            ask(new, "prior")


def test_distances_of_several_outcomes_and_of_shrunken_fits():
    old, new = three(4, 500), three(5, 300, 0.3)
    ladder = lk.multinomial("y ~ x + z", old, reference="a").update(new).ladder
    old, new = (data | {"w": np.ones(len(data["x"]))} for data in (old, new))
    found = lk.multinomial("y ~ x + z", old, reference="a", weights="w", weight_kind="sampling").update(new).ladder
    assert found.updates == ladder.updates
    assert_allclose(found.dof, ladder.dof)
    assert_allclose(found.statistic[:3], ladder.statistic[:3], rtol=0.25)  # Wald's against the ratio, of 300 rows
    shrunken = lk.logit("y ~ x + z", OLD | {"id": np.arange(500)}, penalty=lk.Ridge(0.1))
    plain = shrunken.update(NEW).ladder
    assert plain.updates == ("original", "intercept", "slope")
    assert not plain.by_distance


@pytest.mark.slow
def test_the_closed_test_of_clusters_keeps_its_error_rate():
    """Rows in clusters of four that are alike: likelihood ratios would reject the truth in far more than 5%."""
    rng = np.random.default_rng(11)
    n, draws, kept, ratio = 1_200, 200, 0, 0
    old = rows(0, 6_000)
    fit = lk.logit("y ~ x + z", old | {"id": np.arange(6_000)}, cluster="id")
    plain, a = lk.logit("y ~ x + z", old), fit.coef.to_numpy()
    for _ in range(draws):
        x, z = np.repeat(rng.standard_normal((2, n // 4)), 4, axis=1)
        first = np.repeat(rng.random(n // 4), 4)
        u = np.where(rng.random(n) < 0.5, first, rng.random(n))  # half of the rows share the draw of their cluster
        data = {"y": (u < expit(a[0] + a[1] * x + a[2] * z)).astype(int), "x": x, "z": z}
        kept += fit.update(data | {"id": np.repeat(np.arange(n // 4), 4)}).chosen == "original"
        ratio += plain.update(data).chosen == "original"
    assert abs(kept / draws - 0.95) < 3.5 * np.sqrt(0.05 * 0.95 / draws)
    assert ratio / draws < 0.9


def test_an_extension_is_saved_and_loaded(fit, tmp_path):
    data = NEW | {"g": np.array(["u", "v", "w"])[np.arange(240) % 3]}
    new = TEST | {"g": np.array(["u", "v", "w"])[np.arange(200) % 3]}
    made = fit.update(data, "extension", extend="poly(new, 2) + C(g)")
    path = made.save(tmp_path / "extended.json")
    again = lk.load(path)
    assert_allclose(again.predict(new), made.predict(new), rtol=0.0)
    assert again.to_frame().equals(made.model.to_frame())
    assert_allclose(again.on(new).calibration().slope, made.calibration(new).slope, rtol=EXACT)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"poly(new, 2)', '"poly(new, 3)'), encoding="utf-8")
    with pytest.raises(DataError, match="was changed"):
        lk.load(path)


def test_what_cannot_be_is_refused(fit):
    refused = [
        (lambda: prior_at(fit.record, -1.0), DataError, "not negative"),
        (lambda: fit.update(OLD), DataError, "rows of the fit"),
        (lambda: fit.update(NEW, "extension"), DataError, "needs extend="),
        (lambda: fit.update(NEW, strength=0.5), DataError, "no effect"),
        (lambda: fit.update(NEW, "prior", strength=-2), DataError, "not negative"),
        (lambda: fit.update(NEW, "better"), DataError, "method"),
        (lambda: fit.update(NEW, held_out=NEW), DataError, "flatter"),
        (lambda: fit.update(NEW, extend="y ~ new"), FormulaError, "right side"),
        (lambda: fit.update(NEW, extend="0 + new"), FormulaError, "intercept stays"),
        (lambda: lk.logit("y ~ x", OLD, penalty=lk.Lasso(0.02)).update(NEW, "prior"), UnsupportedError, "covariance"),
        (lambda: lk.logit("y ~ x", OLD, penalty=lk.Lasso(0.02)).update(NEW, "revision"), UnsupportedError, "revision"),
    ]
    for ask, kind, words in refused:
        with pytest.raises(kind, match=words):
            ask()
    several = three(4, 300)
    for model in (lk.Multinomial(reference=None), lk.Ordinal(order=("a", "b", "c"))):
        with pytest.raises(UnsupportedError, match="differences from a reference"):
            prior_at(lk.fit("y ~ x", several, model=model).record)
    apart = {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6], "z": [1.0, 0, 1, 0, 1, 0]}
    with pytest.raises(DataError, match="no finite estimate"):
        prior_at(lk.logit("y ~ x + z", apart).record)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "rung"), [({}, 0), ({"a": 0.8}, 1), ({"a": 0.5, "b": 0.4}, 2)], ids=["original", "intercept", "slope"]
)
def test_the_closed_test_goes_beyond_the_truth_with_at_most_its_error_rate(how, rung):
    """New rows follow the fitted model, moved: the rung that is true is passed by in 5%, and found."""
    fit = lk.logit("y ~ x + z", rows(0, 4000))
    a, b, z = how.get("a", 0.0), how.get("b", 1.0), fit.coef.to_numpy()
    n, draws, chosen = 800, 300, []
    for seed in range(draws):
        rng = np.random.default_rng([seed, 18])
        x = rng.standard_normal((n, 2))
        y = (rng.random(n) < expit(a + b * (z[0] + x @ z[1:]))).astype(int)
        chosen.append(fit.update({"y": y, "x": x[:, 0], "z": x[:, 1]}).chosen)
    place = np.array([("original", "intercept", "slope", "revision").index(name) for name in chosen])
    error = np.sqrt(0.05 * 0.95 / draws)
    # Of the original the rate is the level itself, asymptotically; further up the same test is asked once.
    assert abs(np.mean(place > rung) - 0.05) < 3.0 * error
    assert np.mean(place < rung) < 0.02


@pytest.mark.slow
def test_a_prior_predicts_better_than_both_ends_where_rows_are_few():
    """Of a place that differs a little, 60 rows: neither the old coefficients nor new ones alone are best."""
    losses = np.zeros((30, 3))
    rng = np.random.default_rng(5)
    names = [f"x{j}" for j in range(6)]
    b = np.array([0.8, -0.5, 0.4, 0.0, 0.3, -0.3])

    def draw(n, coef, a):
        x = rng.standard_normal((n, 6))
        return {"y": (rng.random(n) < expit(a + x @ coef)).astype(int)} | dict(zip(names, x.T, strict=True))

    for k in range(30):
        fit = lk.logit("y ~ " + " + ".join(names), draw(400, b, 0.0))
        there = b + rng.normal(0.0, 0.35, 6)
        new, test = draw(120, there, 0.5), draw(4000, there, 0.5)
        found = fit.update(new, "prior", folds=5, held_out=test).to_frame().set_index("update")["log_loss"]
        losses[k] = found[["prior", "intercept", "revision"]]
    mean = losses.mean(axis=0)
    assert mean[0] < mean[1]
    assert mean[0] < mean[2]


def test_a_fit_whose_rows_are_seen_again_keeps_its_coefficients(fit):
    found = fit_at_prior(fit.record, fit.design, 2.0)
    assert_allclose(found.coef, fit.coef, rtol=1e-7)
    assert_allclose(prior_at(fit.record, 2.0).precision, 2.0 * prior_at(fit.record).precision, rtol=EXACT)
