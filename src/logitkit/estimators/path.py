"""``LogitPathClassifier``: a path of penalised models, and the one that an information criterion chooses."""

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
    """Penalised logistic regression with two classes along a path of strengths, chosen by an information criterion.

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, as in ``LogitClassifier``.
    penalty : penalty object, optional
        Without a strength, such as ``lk.Lasso(keep="age")``.
    l1_ratio : float, optional
        Without ``penalty``: share of the absolute values of an elastic net, 1 (the lasso) when it is not given.
    n_strengths : int, default 100
        Strengths of the grid, from the smallest that chooses nothing.
    ratio : float, optional
        The smallest strength as a proportion of the largest; as in ``lk.path``.
    strengths : (k,) array-like, optional
        The strengths themselves.
    criterion : {'aic', 'bic', 'ebic'}
        What chooses the strength to predict with: the least value on the path. ``sample_weight`` multiplies the
        deviance and leaves the penalty of complexity as it is, so that weights twice as large choose a weaker penalty:
        give weights that sum to the number of observations.
    fit_intercept, class_weight, missing, unseen, functions : optional
        As in ``LogitClassifier``.
    solver : ProxNewton, optional
        Options of the solver along the path.
    level : float, default 0.95
        Confidence level of intervals, where there are any.

    Attributes
    ----------
    strength_ : float
        The strength that was chosen.
    coef_path_ : DataFrame
        Coefficients of the columns as given, the intercept among them: one row per strength.
    criteria_ : DataFrame
        Deviance, degrees of freedom and information criteria, by strength.
    classes_, coef_, coef_names_, intercept_, fit_, n_iter_, n_features_in_, feature_names_in_ : object
        As in ``LogitClassifier``, of the fit at the strength that was chosen.

    Examples
    --------
    It is ``lk.path``:

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
        """Fit the path, and choose.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            Numbers; with a formula a data frame.
        y : (n,) array-like
            Labels of two classes.
        sample_weight : (n,) array-like, optional
            Weights of precision.

        Returns
        -------
        LogitPathClassifier
            Itself.

        Raises
        ------
        LogitkitError
            What is wrong with the input or the parameters, where, and what to do.
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
