"""A fit at the strength that cross-validation chooses, shared by classifiers of two classes and of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping

from logitkit.api.cross_validation import cross_validate, cross_validate_matrix
from logitkit.engine.regularised.options import ProxNewton
from logitkit.estimators.outcomes import classes_of
from logitkit.estimators.penalty_choice import penalty_without_strength, refit_or_lasso
from logitkit.estimators.predictor import Predictor
from logitkit.estimators.splits import folds_of
from logitkit.estimators.verb import Verb
from logitkit.estimators.weights import row_weights
from logitkit.options import require_choice
from logitkit.results.foreign import in_our_words
from logitkit.typing import MissingPolicy, UnseenPolicy

__all__ = ["CrossValidatedFit"]

CROSS_VALIDATED = Verb(cross_validate_matrix, cross_validate)
RULES = ("best", "one_se")


class CrossValidatedFit(Predictor):
    """A classifier whose parameters say how the strength of its penalty is chosen.

    Parameters
    ----------
    formula, penalty, l1_ratio, n_strengths, ratio, strengths, cv, measure, rule : object
        What is fitted, and how the strength is chosen: as in ``LogitClassifierCV``.
    fit_intercept, class_weight, missing, unseen, functions, solver, level : object
        As in ``LogitClassifier``.

    Examples
    --------
    >>> from logitkit.estimators import LogitClassifierCV, MultinomialClassifierCV
    >>> LogitClassifierCV().get_params() == MultinomialClassifierCV().get_params()
    True
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
        """Return the metadata routing: the splitter receives the metadata of ``fit`` that it requests.

        Returns
        -------
        MetadataRouter
            The router of scikit-learn.
        """
        to_splitter = MethodMapping().add(caller="fit", callee="split")
        return MetadataRouter(owner=self).add_self_request(self).add(splitter=self.cv, method_mapping=to_splitter)

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Choose the strength and fit the model at it.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            Columns of numbers; with a formula, a data frame.
        y : (n,) array-like
            Class labels.
        sample_weight : (n,) array-like, optional
            Precision weights, in fits and in scores.
        groups : (n,) array-like, optional
            The group of each row, for a splitter that keeps groups together, such as ``cv=GroupKFold(5)``. With
            metadata routing in scikit-learn, a pipeline or a search passes them on, because the splitter requests them.

        Returns
        -------
        Self
            The estimator itself.

        Raises
        ------
        LogitkitError
            If the input or the parameters are not valid; the message says what is wrong, where, and what to do.
        """
        require_choice("rule", self.rule, RULES)
        penalty = penalty_without_strength(self.penalty, self.l1_ratio, type(self).__name__.removesuffix("CV"))
        rows, labels = self._rows(X, y)
        target = classes_of(labels, type(self).__name__, self._several)
        weights = row_weights(
            target, sample_weight, self.class_weight, rows.used() if self.class_weight is not None else slice(None)
        )
        options = {
            "folds": folds_of(self, target.codes, groups),
            "measure": self.measure,
            "n_strengths": self.n_strengths,
            "ratio": self.ratio,
            "strengths": self.strengths,
            "solver": self.solver,
            "level": self.level,
        }
        found = refit_or_lasso(
            lambda penalty: rows.fit(CROSS_VALIDATED, target, weights, {**options, "penalty": penalty}), penalty
        )
        self.strength_ = found.best_strength if self.rule == "best" else found.one_se_strength
        self.scores_ = found.scores
        self._remember(found.best if self.rule == "best" else found.one_se, target)
        return self
