"""``LogitClassifierCV``: the strength of a penalty chosen by cross-validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping

from logitkit.cross_validating import cross_validate, cross_validate_matrix
from logitkit.errors import DataError
from logitkit.estimators.outcomes import two_classes
from logitkit.estimators.penalty_choice import penalty_without_strength
from logitkit.estimators.predictor import LogitPredictor
from logitkit.estimators.splits import splits_of
from logitkit.estimators.verb import Verb
from logitkit.estimators.weights import row_weights
from logitkit.penalised_options import ProxNewton
from logitkit.typing import MissingPolicy, UnseenPolicy

__all__ = ["LogitClassifierCV"]

CROSS_VALIDATED = Verb(cross_validate_matrix, cross_validate)
RULES = ("best", "one_se")


class LogitClassifierCV(LogitPredictor):
    """Penalised logistic regression with two classes, at the strength that predicts rows best that were left out.

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
        The smallest strength as a share of the largest; as in ``lk.path``.
    strengths : (k,) array-like, optional
        The strengths themselves.
    cv : int, splitter or iterable, default 5
        Stratified folds without shuffling, a splitter of scikit-learn, or pairs of training and test rows.
    measure : {'deviance', 'auc', 'brier', 'misclassification'}
        How predictions are scored.
    rule : {'best', 'one_se'}
        The strength with the best mean score, or the largest within one standard error of it.
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
    scores_ : DataFrame
        Mean score, its standard error and the number of scores, by strength.
    classes_, coef_, coef_names_, intercept_, fit_, n_iter_, n_features_in_, feature_names_in_ : object
        As in ``LogitClassifier``, of the fit to all rows at the strength that was chosen.

    Examples
    --------
    It is ``lk.cross_validate`` on the same folds:

    >>> import numpy as np
    >>> import logitkit as lk
    >>> from logitkit.estimators import LogitClassifierCV
    >>> data = lk.datasets.load_lbw()
    >>> model = LogitClassifierCV("age + lwt + C(race)", cv=3, n_strengths=20).fit(data, data["low"])
    >>> bool(np.isclose(model.strength_, model.scores_["mean"].idxmin()))
    True
    """

    def __init__(
        self,
        formula: str | None = None,
        *,
        penalty: Any = None,
        l1_ratio: float | None = None,
        n_strengths: int = 100,
        ratio: float | None = None,
        strengths: Any = None,
        cv: Any = 5,
        measure: str = "deviance",
        rule: str = "best",
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
        self.cv = cv
        self.measure = measure
        self.rule = rule
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.missing = missing
        self.unseen = unseen
        self.functions = functions
        self.solver = solver
        self.level = level

    # Groups go to the splitter, which says itself whether it asks for them; the estimator has no use for them.
    __metadata_request__fit = {"groups": UNUSED}  # noqa: RUF012 - scikit-learn's way to say it

    def get_metadata_routing(self) -> Any:
        """Return what metadata go where: those of ``fit`` that the splitter asks for, to the splitter.

        Returns
        -------
        MetadataRouter
            scikit-learn's.
        """
        to_splitter = MethodMapping().add(caller="fit", callee="split")
        return MetadataRouter(owner=self).add_self_request(self).add(splitter=self.cv, method_mapping=to_splitter)

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Choose the strength, and fit the model at it.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            Numbers; with a formula a data frame.
        y : (n,) array-like
            Labels of two classes.
        sample_weight : (n,) array-like, optional
            Weights of precision, in fits and in scores.
        groups : (n,) array-like, optional
            The group of each row, for a splitter that keeps groups together, such as ``cv=GroupKFold(5)``. Where
            scikit-learn routes metadata, a pipeline or a search passes them on because the splitter asks for them.

        Returns
        -------
        LogitClassifierCV
            Itself.

        Raises
        ------
        LogitkitError
            What is wrong with the input or the parameters, where, and what to do.
        """
        if self.rule not in RULES:
            raise DataError(f"rule={self.rule!r} is not known; use 'best' or 'one_se'.")
        penalty = penalty_without_strength(self.penalty, self.l1_ratio)
        rows, labels = self._rows(X, y)
        target = two_classes(labels, type(self).__name__)
        weights = row_weights(
            target, sample_weight, self.class_weight, rows.used() if self.class_weight is not None else slice(None)
        )
        splits = splits_of(self, target.is_event, groups)
        found = rows.fit(
            CROSS_VALIDATED,
            target,
            weights,
            {
                "penalty": penalty,
                "folds": splits,
                "measure": self.measure,
                "n_strengths": self.n_strengths,
                "ratio": self.ratio,
                "strengths": self.strengths,
                "solver": self.solver,
                "level": self.level,
            },
        )
        self.strength_ = found.best_strength if self.rule == "best" else found.one_se_strength
        self.scores_ = found.scores
        self._remember(found.best if self.rule == "best" else found.one_se, target)
        return self
