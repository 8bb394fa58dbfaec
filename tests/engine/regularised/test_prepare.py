"""What is wrong with a penalty, or with data for one, is said before anything is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError, DataWarning, FormulaError, ResponseError, SeparationError, UnsupportedError
from tolerances import ITERATIVE

FORMULA = "low ~ age + lwt + race + smoke"
NAMES = ["Intercept", "a", "b", "c"]
N = 100


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


def matrix(**changes: Any) -> np.ndarray:
    X = np.column_stack([np.ones(N), np.random.default_rng(0).normal(size=(N, 3))])
    for name, column in changes.items():
        X[:, NAMES.index(name)] = column
    return X


def outcome() -> np.ndarray:
    return (np.random.default_rng(1).random(N) < 0.5).astype(float)


@pytest.mark.parametrize(
    "penalty", [lk.Lasso, lk.Ridge, lk.ElasticNet, lk.GroupLasso, lk.AdaptiveLasso, lk.RelaxedLasso]
)
@pytest.mark.parametrize("strength", [-1, -1e-9, float("nan"), float("inf"), "0.1", True, np.array([0.1])])
def test_strengths_are_numbers_that_are_not_negative(penalty: Any, strength: Any) -> None:
    with pytest.raises(DataError, match=r"strength=.*not negative"):
        penalty(strength)


@pytest.mark.parametrize("ratio", [-0.1, 1.5, float("nan"), "a", True])
def test_shares_lie_between_0_and_1(ratio: Any) -> None:
    for make in (lk.ElasticNet, lk.GroupLasso):
        with pytest.raises(DataError, match="between 0 and 1"):
            make(0.1, ratio)
    with pytest.raises(DataError, match="gamma"):
        lk.RelaxedLasso(0.1, gamma=ratio)


@pytest.mark.parametrize("power", [0, -1, float("inf"), float("nan"), "1"])
def test_the_power_of_an_adaptive_lasso_is_positive(power: Any) -> None:
    with pytest.raises(DataError, match="power"):
        lk.AdaptiveLasso(0.1, power=power)


@pytest.mark.parametrize("relative", [{"age": -1.0}, {"age": float("nan")}, {"age": "1"}, [1.0], "age"])
def test_relative_strengths_are_a_mapping_of_numbers(relative: Any) -> None:
    with pytest.raises(DataError, match="relative="):
        lk.Lasso(0.1, relative=relative)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give lower=, upper= or both"),
        ({"lower": 0.1}, "excludes zero"),
        ({"upper": -0.1}, "excludes zero"),
        ({"lower": {"age": 0.1}}, "excludes zero"),
        ({"lower": 1.0, "upper": -1.0}, r"lower bound of every coefficient \(1.0\) is above"),
        ({"lower": float("nan")}, "give numbers"),
        ({"upper": "0"}, "give numbers"),
        ({"lower": np.zeros(3)}, "give numbers"),
    ],
)
def test_bounds_hold_zero(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        lk.Bounds(**options)


PENALTIES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # Names.
    (lambda: lk.Lasso(0.1, keep="agee"), FormulaError, "keep: 'agee'.*Did you mean 'age'"),
    (lambda: lk.Lasso(0.1, keep="age + "), FormulaError, "nothing on one side"),
    (lambda: lk.Lasso(0.1, keep=[1]), FormulaError, "1 is not a name"),
    (lambda: lk.Lasso(0.1, keep=3), FormulaError, "3 is not a name"),
    (lambda: lk.Lasso(0.1, keep="race:smoke"), FormulaError, "keep: 'race:smoke'"),
    (lambda: lk.Lasso(0.1, relative={"agee": 1.0}), FormulaError, "relative: 'agee'"),
    (lambda: lk.Bounds(lower={"agee": 0}), FormulaError, "Bounds: 'agee'"),
    (lambda: lk.GroupLasso(0.1, groups={"a": ["agee"]}), FormulaError, "'agee'"),
    (lambda: lk.GaussianPrior(precision={"agee": 1}), FormulaError, "'agee'"),
    (lambda: lk.GaussianPrior(mean={"agee": 1}), FormulaError, "'agee'"),
    (lambda: lk.AdaptiveLasso(0.1, initial={"agee": 1.0}), FormulaError, "'agee'"),
    # Groups.
    (
        lambda: lk.GroupLasso(0.1, groups={"a": ["age", "lwt"], "b": ["lwt"]}),
        DataError,
        "'lwt'; groups must not overlap",
    ),
    (
        lambda: lk.GroupLasso(0.1, groups={"a": ["race"], "b": ["race[T.other]"]}),
        DataError,
        "groups must not overlap",
    ),
    (lambda: lk.GroupLasso(0.1) + lk.Bounds(lower={"race": 0.0}), DataError, "in a group .* and has a bound"),
    (
        lambda: lk.GroupLasso(0.1, groups={"a": ["age", "lwt"]}, relative={"age": 2.0}),
        DataError,
        "one relative strength",
    ),
    (
        lambda: lk.GroupLasso(0.1, groups={"a": ["age", "lwt"]}) + lk.GroupLasso(0.1, groups={"b": ["lwt", "smoke"]}),
        DataError,
        "overlap without being the same",
    ),
    # First estimates and priors.
    (lambda: lk.AdaptiveLasso(0.1, initial={"age": 1.0}), DataError, "no value for 'lwt'"),
    (lambda: lk.AdaptiveLasso(0.1, initial=[1.0, 2.0]), DataError, r"shape \(2,\)"),
    (lambda: lk.AdaptiveLasso(0.1, initial=[1.0, 2.0, np.nan, 1, 1, 1]), DataError, "not all finite"),
    (lambda: lk.AdaptiveLasso(0.1, initial="age"), DataError, "give numbers"),
    (lambda: lk.AdaptiveLasso(0.1, initial=lk.Ridge()), DataError, r"initial estimates \(ridge\) has no strength"),
    (lambda: lk.GaussianPrior(precision=np.eye(3)), DataError, r"shape \(3, 3\)"),
    (lambda: lk.GaussianPrior(precision=[1.0, 2.0]), DataError, r"shape \(2,\)"),
    (lambda: lk.GaussianPrior(precision=np.ones((2, 2, 2))), DataError, r"shape \(2, 2, 2\)"),
    (lambda: lk.GaussianPrior(precision=np.eye(6) - 0.5), DataError, "negative eigenvalue"),
    (lambda: lk.GaussianPrior(precision=np.triu(np.ones((6, 6)))), DataError, "not a symmetric matrix"),
    (lambda: lk.GaussianPrior(precision=np.full((6, 6), np.nan)), DataError, "not a symmetric matrix"),
    (lambda: lk.GaussianPrior(precision=-1.0), DataError, "not negative"),
    (lambda: lk.GaussianPrior(precision=float("nan")), DataError, "not negative"),
    (lambda: lk.GaussianPrior(precision=float("inf")), DataError, "not negative"),
    (lambda: lk.GaussianPrior(mean=float("nan")), DataError, "finite"),
    (lambda: lk.GaussianPrior(mean=float("inf"), precision=np.eye(6)), DataError, "finite"),
    (lambda: lk.GaussianPrior(mean="a"), DataError, "give numbers"),
    (lambda: lk.GaussianPrior(precision="a"), DataError, "give numbers"),
    (lambda: lk.GaussianPrior() + lk.GaussianPrior(), DataError, "Two Gaussian priors"),
    # What is not a penalty, or not one for a fit.
    (lambda: 0.1, DataError, "is not a penalty"),
    (lambda: "lasso", DataError, "is not a penalty"),
    (lambda: lk.Lasso, DataError, "is not a penalty"),
    (lambda: lk.Lasso(0.1) + 1, DataError, "is not a penalty"),
    (lk.Lasso, DataError, "no strength"),
    (lambda: lk.Ridge(0.1) + lk.Lasso(), DataError, "no strength"),
    (lambda: lk.RelaxedLasso(0.1) + lk.Ridge(0.1), UnsupportedError, "relaxed lasso"),
]


@pytest.mark.parametrize(("penalty", "error", "message"), PENALTIES, ids=[message for *_, message in PENALTIES])
def test_a_penalty_that_does_not_fit_the_model(
    births: pd.DataFrame, penalty: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"(?s){message}"):
        lk.logit(FORMULA, births, penalty=penalty())


def test_groups_are_a_mapping() -> None:
    with pytest.raises(DataError, match="give a mapping"):
        lk.GroupLasso(0.1, groups=[["age", "lwt"]])  # type: ignore[arg-type]


def test_the_intercept_is_in_no_group(births: pd.DataFrame) -> None:
    named = lk.logit(FORMULA, births, penalty=lk.GroupLasso(10.0, groups={"a": ["Intercept", "age", "lwt"]}))
    plain = lk.logit(FORMULA, births, penalty=lk.GroupLasso(10.0, groups={"a": ["age", "lwt"]}))
    assert named.coef["Intercept"] != 0.0
    assert named.coef.equals(plain.coef)


def test_a_group_that_is_kept_whole_may_have_a_relative_strength(births: pd.DataFrame) -> None:
    groups = {"body": ["age", "lwt"], "rest": ["smoke"]}
    kept = lk.GroupLasso(0.01, groups=groups, relative={"rest": 2.0}, keep="smoke")
    plain = lk.GroupLasso(0.01, groups=groups, keep="smoke")
    assert lk.logit(FORMULA, births, penalty=kept).coef.equals(lk.logit(FORMULA, births, penalty=plain).coef)


def test_bounds_beside_groups_are_for_the_others(births: pd.DataFrame) -> None:
    penalty = lk.GroupLasso(0.001, groups={"a": ["race", "smoke"]}) + lk.Bounds(
        upper={"age": 0.0}, lower={"lwt": -0.001}
    )
    fit = lk.logit(FORMULA, births, penalty=penalty)
    assert fit.coef["lwt"] == -0.001
    assert fit.certificate().holds


def test_solvers_of_the_other_kind(births: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="ProxNewton"):
        lk.logit(FORMULA, births, penalty=lk.Lasso(0.1), solver=lk.Newton())
    with pytest.raises(DataError, match="Newton"):
        lk.logit(FORMULA, births, solver=lk.ProxNewton())
    for options in ({"tol": 0.0}, {"tol": float("nan")}, {"tol": "1"}, {"max_iter": 0}, {"max_iter": 1.5}):
        with pytest.raises(DataError, match=next(iter(options))):
            lk.ProxNewton(**options)  # type: ignore[arg-type]


def test_absorbed_levels_have_no_penalty(births: pd.DataFrame) -> None:
    with pytest.raises(UnsupportedError, match="absorb"):
        lk.logit("low ~ age + lwt", births, penalty=lk.Lasso(0.1), absorb="race")


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.filterwarnings("error")
def test_values_that_are_not_finite_are_named(value: float) -> None:
    X = matrix()
    X[3, 2] = value
    calls = (
        lambda: lk.logit_matrix(X, outcome(), NAMES, penalty=lk.Lasso(0.1)),
        lambda: lk.logit_matrix(X, outcome(), NAMES, penalty=lk.Ridge(0.1)),
        lambda: lk.path_matrix(X, outcome(), NAMES),
        lambda: lk.cross_validate_matrix(X, outcome(), NAMES, folds=3),
    )
    for call in calls:
        with pytest.raises(DataError, match=r"Column 'b' holds .* in row 3"):
            call()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_one_outcome(value: float) -> None:
    y = np.full(N, value)
    for call in (
        lambda: lk.logit_matrix(matrix(), y, NAMES, penalty=lk.Lasso(0.1)),
        lambda: lk.logit_matrix(matrix(), y, NAMES, penalty=lk.GaussianPrior()),
        lambda: lk.path_matrix(matrix(), y, NAMES),
        lambda: lk.cross_validate_matrix(matrix(), y, NAMES),
    ):
        with pytest.raises(ResponseError, match="one class only"):
            call()


def test_constant_columns_are_named() -> None:
    X = matrix(b=3.0)
    with pytest.warns(DataWarning, match=r"do not vary.*: b\."):
        fit = lk.logit_matrix(X, outcome(), NAMES, penalty=lk.Lasso(0.001))
    assert fit.coef["b"] == 0.0
    assert (fit.coef.drop("b") != 0.0).all()
    with (
        pytest.warns(DataWarning, match="do not vary"),
        pytest.raises(DataError, match="No penalised coefficient can leave zero"),
    ):
        lk.path_matrix(matrix(a=1.0, b=2.0, c=3.0), outcome(), NAMES)
    with pytest.warns(DataWarning, match="do not vary"):
        null = lk.logit_matrix(matrix(a=1.0, b=2.0, c=3.0), outcome(), NAMES, penalty=lk.Lasso(0.1))
    assert (null.coef.drop("Intercept") == 0.0).all()


def test_an_intercept_by_another_name_is_named() -> None:
    """A matrix without a column called Intercept: a constant one would be penalised without a word."""
    X = matrix()
    names = ["const", "a", "b", "c"]
    for call in (lk.path_matrix, lambda *given: lk.logit_matrix(*given, penalty=lk.Lasso(0.01))):
        with pytest.warns(DataWarning, match=r"penalised like the others.*: const\. .*'Intercept'.*keep="):
            call(X, outcome(), names)
    with pytest.warns(DataWarning, match="const") as caught:
        lk.cross_validate_matrix(X, outcome(), names, folds=3)
    assert len(caught) == 1
    kept = lk.logit_matrix(X, outcome(), names, penalty=lk.Lasso(0.01, keep="const"))
    fit = lk.logit_matrix(X, outcome(), NAMES, penalty=lk.Lasso(0.01))
    assert np.allclose(kept.coef, fit.coef, rtol=ITERATIVE, atol=ITERATIVE)
    lk.logit("y ~ 0 + a + one", pd.DataFrame(X[:, :2], columns=["one", "a"]).assign(y=outcome()), penalty=lk.Ridge(0.1))


@pytest.mark.parametrize(
    "penalty",
    [lk.Lasso(keep=["a", "b", "c"]), lk.Lasso() + lk.Bounds(0, 0), lk.Lasso(relative=dict.fromkeys("abc", 0.0))],
)
def test_a_path_on_which_nothing_can_move(penalty: Any) -> None:
    with pytest.raises(DataError, match="No penalised coefficient can leave zero"):
        lk.path_matrix(matrix(), outcome(), NAMES, penalty=penalty)


def test_a_path_whose_bounds_point_away_from_the_outcomes() -> None:
    """The coefficients are free on one side, and none goes there."""
    y = outcome()
    X = np.column_stack([np.ones(y.size), -y - 0.1 * matrix()[:, 1]])
    with pytest.raises(DataError, match="bounds hold them at zero at every strength"):
        lk.path_matrix(X, y, ["Intercept", "a"], penalty=lk.Lasso() + lk.Bounds(lower=0.0))
    assert (lk.path_matrix(X, y, ["Intercept", "a"], penalty=lk.Lasso() + lk.Bounds(upper=0.0)).coef["a"] <= 0.0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strengths": []}, "strengths="),
        ({"strengths": [0.1, float("nan")]}, "strengths="),
        ({"strengths": [0.1, -0.1]}, "strengths="),
        ({"strengths": [[0.1, 0.2]]}, "strengths="),
        ({"strengths": [float("inf")]}, "strengths="),
        ({"n_strengths": 1}, "n_strengths=1"),
        ({"n_strengths": 5.5}, "n_strengths=5.5"),
        ({"n_strengths": True}, "n_strengths=True"),
        ({"ratio": 1.0}, "ratio=1.0"),
        ({"ratio": -0.1}, "ratio=-0.1"),
        ({"ratio": float("nan")}, "ratio=nan"),
        ({"penalty": lk.Lasso(0.1)}, "leave one out"),
        ({"penalty": lk.Bounds(lower=0)}, "leave one out"),
    ],
)
def test_grids_of_strengths(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        lk.path_matrix(matrix(), outcome(), NAMES, **options)


@pytest.mark.parametrize("strength", [-1.0, float("nan"), "a", float("inf"), True])
def test_a_path_at_no_strength(strength: Any) -> None:
    path = lk.path_matrix(matrix(), outcome(), NAMES, n_strengths=3)
    with pytest.raises(DataError, match="strength="):
        path.at(strength)


def test_columns_without_penalty_must_have_estimates() -> None:
    X = matrix()
    separated = (X[:, 1] > 0.0).astype(float)
    for penalty in (lk.Lasso(0.1, keep="a"), lk.Lasso(0.0), lk.GaussianPrior(precision={"b": 1.0})):
        with pytest.raises(SeparationError, match="separate"):
            lk.logit_matrix(X, separated, NAMES, penalty=penalty)
    with pytest.raises(DataError, match="finite"):
        lk.logit_matrix(X, separated, NAMES, penalty=lk.AdaptiveLasso(0.1))
    with pytest.raises(SeparationError, match="no finite estimates"):
        lk.logit_matrix(X, separated, NAMES, penalty=lk.RelaxedLasso(0.01))
    twice = np.column_stack([X, X[:, 1]])
    for penalty in (lk.Lasso(0.1, keep=["a", "d"]), lk.Ridge(0.0)):
        with pytest.raises(DataError, match="linearly dependent"):
            lk.logit_matrix(twice, outcome(), [*NAMES, "d"], penalty=penalty)
    # Penalised, both have estimates.
    assert lk.logit_matrix(X, separated, NAMES, penalty=lk.Lasso(0.01)).converged
    assert lk.logit_matrix(twice, outcome(), [*NAMES, "d"], penalty=lk.Ridge(0.1)).certificate().holds


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folds": 1}, "folds=1"),
        ({"folds": N + 1}, "exceeds the number of rows"),
        ({"folds": lk.Folds(10, groups=np.repeat([0, 1, 2, 3], N // 4))}, "exceeds the number of groups"),
        ({"penalty": lk.Lasso(0.1)}, "leave one out"),
    ],
)
def test_folds(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        lk.cross_validate_matrix(matrix(), outcome(), NAMES, **options)


def test_folds_without_an_event_to_train_on() -> None:
    y = np.r_[1.0, np.zeros(N - 1)]
    for stratify in (True, False):
        with pytest.raises(DataError, match="without an event"):
            lk.cross_validate_matrix(matrix(), y, NAMES, folds=lk.Folds(10, stratify=stratify))


def test_a_path_of_separated_outcomes_ends_with_a_status() -> None:
    X = matrix()
    path = lk.path_matrix(X, (X[:, 1] > 0.0).astype(float), NAMES, ratio=1e-6)
    assert path.status.startswith("ended early")
    assert len(path.strengths) < 100
    assert np.isfinite(path.coef.to_numpy()).all()


@pytest.mark.parametrize("link", ["probit", "cloglog", "loglog", "cauchit"])
def test_other_links_have_no_penalty(link: str) -> None:
    """The certificate and the gap of the solver are proved for the canonical link."""
    data, formula = lk.datasets.load_lbw(), "low ~ age + smoke"
    model = lk.Binary(link=link)
    for penalty in (lk.Lasso(0.1), lk.Ridge(0.1), lk.Bounds(lower=0.0)):
        with pytest.raises(UnsupportedError, match="offered for the logit link only"):
            lk.fit(formula, data, model=model, penalty=penalty)
    with pytest.raises(UnsupportedError, match="offered for the logit link only"):
        lk.path(formula, data, model=model)
    with pytest.raises(UnsupportedError, match="offered for the logit link only"):
        lk.cross_validate(formula, data, model=model, folds=3)
    assert np.isfinite(lk.cross_validate(formula, data, model=model, folds=3, penalty=None).scores["mean"]).all()
