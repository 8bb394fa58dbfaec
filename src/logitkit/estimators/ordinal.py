"""``OrdinalClassifier``: a model of ordered classes behind scikit-learn's contract, with its statistics beside it."""

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
    r"""Regression of ordered classes by maximum likelihood: cumulative models and models of adjacent categories.

    .. math:: P(y_i \le c_k) = F(\theta_k - x_i'\beta)

    or, of adjacent categories, :math:`\log \{P(y_i = c_{k+1}) / P(y_i = c_k)\} = \theta_k + x_i'\beta`, with classes
    :math:`c_1 < \dots < c_K`. A positive coefficient means higher classes.

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, such as ``"age + C(sex)"``: X is then a data frame, as in ``LogitClassifier``. Without
        it X is columns of numbers, dense or sparse.
    model : {'cumulative', 'adjacent'}
        Which of the two.
    link : {'logit', 'probit', 'cloglog', 'loglog', 'cauchit'}
        Link of the cumulative model, the inverse of F; the adjacent-category model has the logit.
    nominal : str or sequence of str, optional
        Terms of the formula, or columns of X, with a coefficient per threshold; all others have one.
    order : sequence or 'sorted', optional
        The classes from the lowest to the highest; it may name classes that y does not have. Without it numbers and
        booleans have their own order and an ordered categorical that of its categories. Everything else is sorted, as
        scikit-learn sorts ``classes_``, and where that is text of more than two classes a ``DataWarning`` tells the
        order that was taken. ``"sorted"`` states that, and there is no warning.
    information : {'observed', 'expected'}
        Second derivatives that the standard errors of ``fit_`` follow from, as in ``lk.ordinal``.
    penalty : adjustment, optional
        ``lk.Jeffreys()``, ``lk.LogF(m)``, ``lk.MeanBias()`` or ``lk.MedianBias()``, which reduce bias; there are no
        penalties that shrink.
    class_weight : mapping or 'balanced', optional
        Weight by label, times ``sample_weight``, both as in ``LogitClassifier``.
    missing : {'drop', 'raise'}, default 'drop'
        With a formula: rows with missing values are left out of the fit and counted, or refused.
    unseen : {'raise', 'missing'}, default 'raise'
        With a formula: a level that the fit never saw is refused, or treated as missing.
    functions : mapping of str to object, optional
        With a formula: the caller's own functions that it uses, by name; numpy's need not be given.
    solver : Newton, optional
        Options of the solver, such as ``lk.Newton(tol=1e-10)``.
    level : float, default 0.95
        Confidence level of intervals.

    Attributes
    ----------
    classes_ : (K,) array
        The labels sorted, as scikit-learn's scores take them for granted; columns of probabilities are in this order.
    order_ : (K,) array
        The labels from the lowest to the highest.
    thresholds_ : (K - 1,) array
        One between each class of ``order_`` and the next.
    coef_ : (1, p) or (K - 1, p) array
        Coefficients, one row per threshold where some terms are nominal; those of the others are then the same in all
        rows. Finite under separation, 0 for a column that earlier ones determine.
    coef_names_ : (p,) array of str
        What they belong to: the columns, or the coded columns of the formula.
    fit_ : OrdinalFit
        The fit itself, with summary, odds ratios, tests of proportional odds, intervals and diagnostics. Its rows are
        left behind when the estimator is pickled.
    n_iter_ : (1,) int array
        Iterations of the solver.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : array of str
        Their names, where X has any.

    Notes
    -----
    ``predict`` returns the most probable class, and ``decision_function`` the log odds of each class against all
    others, whatever the link; of two classes that of the second one of ``classes_``.

    When the classes are separated, or some of them in some rows, estimates are infinite. ``fit`` then warns, and
    ``coef_`` and ``thresholds_`` lie far along one direction, which does not change when rows are repeated or put in
    another order: a linear predictor whose limit is infinite is 40 or more from zero. With the cauchit link, whose
    probabilities come to their limits slowly, it is so far that they are within 1e-8 of them.

    With nominal terms thresholds may cross in a row, so that a probability would be negative. Like a row that the
    formula cannot code it has the probability nan; ``predict`` and ``score`` refuse it.

    Examples
    --------
    The probabilities are those of ``lk.ordinal``:

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
