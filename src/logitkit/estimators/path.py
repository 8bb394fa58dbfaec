"""``LogitPathClassifier``: a path of penalised models, from which an information criterion chooses one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from logitkit.api.paths import path, path_matrix
from logitkit.engine.regularised.options import ProxNewton
from logitkit.estimators.outcomes import classes_of
from logitkit.estimators.penalty_choice import penalty_without_strength, refit_or_lasso
from logitkit.estimators.predictor import Predictor
from logitkit.estimators.verb import Verb
from logitkit.estimators.weights import row_weights
from logitkit.results.foreign import in_our_words
from logitkit.typing import MissingPolicy, UnseenPolicy

__all__ = ["LogitPathClassifier"]

PATHS = Verb(path_matrix, path)


class LogitPathClassifier(Predictor):
    """Penalised logistic regression with two classes along a path of strengths; an information criterion chooses one.

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, as in ``LogitClassifier``.
    penalty : penalty object, optional
        Without a strength, such as ``lk.Lasso(keep="age")``.
    l1_ratio : float, optional
        Without ``penalty``: proportion of the l1 penalty in an elastic net; the default is 1, the lasso.
    n_strengths : int, default 100
        Number of strengths in the grid, whose largest value is the smallest strength that selects no column.
    ratio : float, optional
        Smallest strength as a proportion of the largest, as in ``lk.path``.
    strengths : (k,) array-like, optional
        Strengths to use instead of the grid.
    criterion : {'aic', 'bic', 'ebic'}
        Criterion that chooses the strength: its smallest value on the path. ``sample_weight`` multiplies the deviance
        but not the criterion's penalty for complexity, so larger weights choose a weaker penalty. Give weights that sum
        to the number of observations.
    fit_intercept, class_weight, missing, unseen, functions : optional
        As in ``LogitClassifier``.
    solver : ProxNewton, optional
        Options of the solver along the path.
    level : float, default 0.95
        Confidence level of intervals, if there are any.

    Attributes
    ----------
    strength_ : float
        The strength that was chosen.
    coef_path_ : DataFrame
        Coefficients on the original scale of the columns, including the intercept; one row per strength.
    criteria_ : DataFrame
        Deviance, degrees of freedom and information criteria, by strength.
    classes_, coef_, coef_names_, intercept_, fit_, n_iter_, n_features_in_, feature_names_in_ : object
        As in ``LogitClassifier``, for the fit at the chosen strength.

    Examples
    --------
    The path is that of ``lk.path``:

    >>> import logitkit as lk
    >>> from logitkit.estimators import LogitPathClassifier
    >>> data = lk.datasets.load_lbw()
    >>> model = LogitPathClassifier("age + lwt + C(race)", criterion="aic").fit(data, data["low"])
    >>> round(model.strength_, 4), model.coef_path_.shape
    (0.0004, (59, 5))
    """

    @in_our_words
    def __init__(
        self,
        formula: str | None = None,
        *,
        penalty: Any = None,
        l1_ratio: float | None = None,
        n_strengths: int = 100,
        ratio: float | None = None,
        strengths: Any = None,
        criterion: str = "bic",
        fit_intercept: bool = True,
        class_weight: Any = None,
        missing: MissingPolicy = "drop",
        unseen: UnseenPolicy = "raise",
        functions: Mapping[str, Any] | None = None,
        solver: ProxNewton | None = None,
        level: float = 0.95,
    ) -> None:
        self.formula = formula
        self.penalty = penalty
        self.l1_ratio = l1_ratio
        self.n_strengths = n_strengths
        self.ratio = ratio
        self.strengths = strengths
        self.criterion = criterion
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.missing = missing
        self.unseen = unseen
        self.functions = functions
        self.solver = solver
        self.level = level

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the path and choose a strength.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            Columns of numbers; with a formula, a data frame.
        y : (n,) array-like
            Labels of two classes.
        sample_weight : (n,) array-like, optional
            Weights of precision.

        Returns
        -------
        LogitPathClassifier
            The estimator itself.

        Raises
        ------
        LogitkitError
            If the input or the parameters are not valid; the message says what is wrong, where, and what to do.
        """
        penalty = penalty_without_strength(self.penalty, self.l1_ratio)
        rows, labels = self._rows(X, y)
        target = classes_of(labels, type(self).__name__, self._several)
        weights = row_weights(
            target, sample_weight, self.class_weight, rows.used() if self.class_weight is not None else slice(None)
        )
        options = {
            "n_strengths": self.n_strengths,
            "ratio": self.ratio,
            "strengths": self.strengths,
            "solver": self.solver,
            "level": self.level,
        }
        found = refit_or_lasso(
            lambda penalty: rows.fit(PATHS, target, weights, {**options, "penalty": penalty}), penalty
        )
        chosen = found.choose(self.criterion)
        self.criteria_ = found.criteria()
        self.coef_path_ = found.coef
        self.strength_ = float(self.criteria_[self.criterion].idxmin())
        self._remember(chosen, target)
        return self
