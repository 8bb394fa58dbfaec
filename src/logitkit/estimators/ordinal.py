"""``OrdinalClassifier``: a model of ordered classes as a scikit-learn estimator, with the statistics of the fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from logitkit.engine.solvers.newton import Newton
from logitkit.estimators.outcomes import Classes, OrderedClasses, ordered_classes_of
from logitkit.estimators.single_fit import SingleFit
from logitkit.models.links import Information
from logitkit.models.ordinal import Ordinal, ordinal_predictors
from logitkit.models.penalties.adjustment import Adjustment
from logitkit.results.fit import Fit
from logitkit.results.foreign import in_our_words
from logitkit.typing import FloatArray, IntArray, MissingPolicy, UnseenPolicy

__all__ = ["OrdinalClassifier"]


class OrdinalClassifier(SingleFit):
    r"""Ordinal regression by maximum likelihood: cumulative and adjacent-category models.

    .. math:: P(y_i \le c_k) = F(\theta_k - x_i'\beta)

    or, in the adjacent-category model, :math:`\log \{P(y_i = c_{k+1}) / P(y_i = c_k)\} = \theta_k + x_i'\beta`, with
    classes :math:`c_1 < \dots < c_K`. A positive coefficient means higher classes.

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, such as ``"age + C(sex)"``. X is then a data frame, as in ``LogitClassifier``. Without
        a formula X consists of columns of numbers, dense or sparse.
    model : {'cumulative', 'adjacent'}
        Cumulative or adjacent-category model.
    link : {'logit', 'probit', 'cloglog', 'loglog', 'cauchit'}
        Link of the cumulative model, the inverse of F. The adjacent-category model has the logit link.
    nominal : str or sequence of str, optional
        Terms of the formula, or columns of X, that have one coefficient per threshold; all others have one coefficient.
    order : sequence or 'sorted', optional
        The classes from the lowest to the highest; classes that y does not have are allowed. By default, numbers and
        booleans have their own order, and an ordered categorical that of its categories. Everything else is sorted, as
        scikit-learn sorts ``classes_``; for text with more than two classes a ``DataWarning`` states the order.
        ``"sorted"`` asks for this order, without a warning.
    information : {'observed', 'expected'}
        Information matrix for the standard errors of ``fit_``, as in ``lk.ordinal``.
    penalty : adjustment, optional
        ``lk.Jeffreys()``, ``lk.LogF(m)``, ``lk.MeanBias()`` or ``lk.MedianBias()``, which reduce bias. Penalties that
        shrink are not available.
    class_weight : mapping or 'balanced', optional
        Weight by label, times ``sample_weight``, both as in ``LogitClassifier``.
    missing : {'drop', 'raise'}, default 'drop'
        With a formula: whether rows with missing values are left out of the fit and counted, or are an error.
    unseen : {'raise', 'missing'}, default 'raise'
        With a formula: whether a level that does not occur in the fit is an error, or is treated as missing.
    functions : mapping of str to object, optional
        With a formula: your own functions that it uses, by name; functions of numpy need not be given.
    solver : Newton, optional
        Options of the solver, such as ``lk.Newton(tol=1e-10)``.
    level : float, default 0.95
        Confidence level of the intervals.

    Attributes
    ----------
    classes_ : (K,) array
        The labels, sorted as the scores of scikit-learn require; columns of probabilities are in this order.
    order_ : (K,) array
        The labels from the lowest to the highest.
    thresholds_ : (K - 1,) array
        Thresholds, one between each class of ``order_`` and the next.
    coef_ : (1, p) or (K - 1, p) array
        Coefficients. If some terms are nominal, there is one row per threshold, and the other terms have the same
        values in all rows. Finite even under separation, 0 for a column that earlier columns determine.
    coef_names_ : (p,) array of str
        Names of the coefficients: the columns, or the coded columns of the formula.
    fit_ : OrdinalFit
        The fit, with summary, odds ratios, tests of proportional odds, intervals and diagnostics. Its rows are not
        pickled with the estimator.
    n_iter_ : (1,) int array
        Iterations of the solver.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : array of str
        Names of the columns, if X has names.

    Notes
    -----
    ``predict`` returns the most probable class. ``decision_function`` returns, for any link, the log odds of each class
    against all others; with two classes, only those of the second in ``classes_``.

    If all or some of the classes are separated, estimates are infinite. ``fit`` then warns, and ``coef_`` and
    ``thresholds_`` are far along one direction, which does not depend on repeated rows or on the order of rows: a
    linear predictor whose limit is infinite is at least 40 from zero. With the cauchit link, whose probabilities
    approach their limits slowly, it is so far that they are within 1e-8 of them.

    With nominal terms, thresholds may cross in a row, so that a probability would be negative. Such a row has
    probabilities nan, like a row that the formula cannot code; ``predict`` and ``score`` raise an error for it.

    Examples
    --------
    The probabilities equal those of ``lk.ordinal``:

    >>> import numpy as np
    >>> import logitkit as lk
    >>> from logitkit.estimators import OrdinalClassifier
    >>> data = lk.datasets.load_lbw()
    >>> model = OrdinalClassifier("age + lwt").fit(data, np.minimum(data["ftv"], 2))
    >>> model.classes_.tolist(), model.predict_proba(data)[0].round(3).tolist()
    ([0, 1, 2], [0.583, 0.239, 0.178])
    """

    _several: ClassVar[bool] = True
    fit_intercept = True  # the thresholds

    @in_our_words
    def __init__(
        self,
        formula: str | None = None,
        *,
        model: Literal["cumulative", "adjacent"] = "cumulative",
        link: str = "logit",
        nominal: str | Sequence[str] | None = None,
        order: Sequence[Any] | Literal["sorted"] | None = None,
        information: Information = "observed",
        penalty: Adjustment | None = None,
        class_weight: Any = None,
        missing: MissingPolicy = "drop",
        unseen: UnseenPolicy = "raise",
        functions: Mapping[str, Any] | None = None,
        solver: Newton | None = None,
        level: float = 0.95,
    ) -> None:
        self.formula = formula
        self.model = model
        self.link = link
        self.nominal = nominal
        self.order = order
        self.information = information
        self.penalty = penalty
        self.class_weight = class_weight
        self.missing = missing
        self.unseen = unseen
        self.functions = functions
        self.solver = solver
        self.level = level

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn may expect: classes in no order, as its checks have them, are predicted badly."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def _penalty(self, total: Callable[[], float]) -> Any:
        """Return the reduction of bias."""
        del total
        return self.penalty

    def _target(self, labels: Any, y: Any) -> Classes:
        """Return validated labels with their classes and the order of these."""
        return ordered_classes_of(labels, y, type(self).__name__, self.order, self._stated)

    def _stated(self, order: Any) -> Ordinal:
        """Return the model of an order."""
        return Ordinal(self.model, self.link, self.nominal, order, self.information)

    def _remember(self, fit: Fit, target: Classes) -> None:
        """Keep the fit, and what scikit-learn asks for of it."""
        assert isinstance(target, OrderedClasses)
        self.order_ = target.order
        super()._remember(fit, target)

    def _keep(self, coef: FloatArray, place: int | None) -> None:
        """Keep finite coefficients apart from the thresholds; the intercept is at a place of the design."""
        assert place is not None
        predictors = self.fit_.record.predictors
        thresholds, *rest = predictors.places
        table = np.zeros((max((row.shape[0] for row in rest), default=1), predictors.n_columns))
        for part, places in zip(predictors.parts[1:], rest, strict=True):
            table[:, part.columns] = coef[places]
        self.thresholds_ = coef[thresholds[:, 0]]
        self.coef_ = np.delete(table, place, axis=1)

    def _linear(self) -> tuple[FloatArray, FloatArray]:
        """Return the coefficients of the linear predictors, shape (m, p), and their intercepts, shape (m,)."""
        k, name = self.classes_.size, self.fit_.record.family.name
        table = self._table()
        terms = np.arange(1, table.shape[1] + 1)
        predictors = ordinal_predictors(name, k, terms.size + 1, 0, terms, ())
        each = np.broadcast_to(table, (k - 1, terms.size))
        found = predictors.table(np.concatenate([self.thresholds_, each.ravel()]))
        return found[:, 1:], found[:, 0]

    def _scores(self, eta: FloatArray) -> FloatArray:
        """Return the log odds of each class, shape (n, K); of two those of the second, shape (n, 1)."""
        scores = self._by_class(self.fit_.record.family.log_odds(eta.T))
        return scores[:, 1:] if scores.shape[1] == 2 else scores

    def _log_probabilities(self, eta: FloatArray) -> FloatArray:
        """Return the logarithm of the probability of each class, shape (n, K)."""
        return self._by_class(self.fit_.record.family.log_probabilities(eta.T))

    def _by_class(self, values: FloatArray) -> FloatArray:
        """Return values of the classes from the lowest to the highest, shape (K, n), as columns in sorted order."""
        return np.ascontiguousarray(values[self._ranks].T)

    @property
    def _ranks(self) -> IntArray:
        """The place of each class of ``classes_`` in ``order_``."""
        return np.argsort(np.searchsorted(self.classes_, self.order_))
