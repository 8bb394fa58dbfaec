"""``ScorecardClassifier``: a scorecard as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from logitkit.api.card_again import fit_of_card
from logitkit.api.card_making import CardRows, Making, made_card
from logitkit.api.card_rows import bins_by_name, stated_as
from logitkit.errors import DataWarning, warn_caller
from logitkit.estimators.finite import finite_coef
from logitkit.estimators.outcomes import classes_of
from logitkit.estimators.stated_options import StatedOptions
from logitkit.estimators.two_labels import bad_rows
from logitkit.estimators.variables import labels_of, variables_of
from logitkit.estimators.weights import row_weights
from logitkit.options import require_choice
from logitkit.results.cards.scorecard import Scorecard
from logitkit.results.fit import Fit
from logitkit.results.foreign import in_our_words
from logitkit.scorecard.card import CODINGS, Scores
from logitkit.scorecard.manifest import CLASSIFIER, manifest_of
from logitkit.scorecard.population import Population
from logitkit.scorecard.scaling import Scaling
from logitkit.scorecard.selection import Selection
from logitkit.scorecard.stated import Bins
from logitkit.typing import FloatArray

__all__ = ["ScorecardClassifier"]


class ScorecardClassifier(ClassifierMixin, StatedOptions):  # type: ignore[misc]
    """A scorecard: optimal bins, a logistic regression on their weights of evidence, and points.

    Parameters
    ----------
    bins : Bins or mapping of str to Bins, optional
        Options of binning for all columns, or for each column by name.
    selection : Selection, optional
        How the columns of the card are selected; by default the card has all.
    scaling : Scaling, optional
        Points to double the odds, base points and base odds.
    bad : object, optional
        The label that is bad. The default is the larger of two numbers, or True; for other labels it is the second in
        sorted order, with a warning.
    level : float, default 0.95
        Confidence level of the inference of ``scorecard_.fit``.
    coding : {"woe", "dummies"}, default "woe"
        Whether the model has one coefficient per column or one per bin; with one per bin, a bin with rows of only one
        class is an error.

    Attributes
    ----------
    classes_ : (2,) array
        The labels, sorted.
    bad_ : object
        The label that is bad.
    scorecard_ : Scorecard
        The card, with points, reasons, the decisions of the selection, the fit and all other results.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : array of str
        Names of the columns, if X has names.

    Notes
    -----
    For searches, each option of these objects is also a parameter: ``bins__max_bins``, ``selection__min_iv``,
    ``scaling__points_to_double``. X is an array of numbers, or a data frame with columns of numbers, text, categories
    or booleans; missing values have their own bin. Probabilities are those of the fit, not of the rounded points.

    If the weights of evidence separate the classes, ``fit`` warns, and the card has finite coefficients that give each
    separated row its limiting probability, as in ``LogitClassifier``.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.estimators import ScorecardClassifier
    >>> loans = lk.datasets.load_german_credit()
    >>> X = loans[["duration", "checking_status"]]
    >>> model = ScorecardClassifier(bad="bad").set_params(bins__max_bins=4).fit(X, loans["class"])
    >>> model.points(X)[:3].tolist(), model.predict_proba(X)[0].round(3).tolist()
    ([525.0, 468.0, 555.0], [0.217, 0.783])
    """

    _stated: ClassVar[dict[str, type]] = {"bins": Bins, "selection": Selection, "scaling": Scaling}

    @in_our_words
    def __init__(
        self,
        bins: Bins | Mapping[str, Bins] | None = None,
        selection: Selection | None = None,
        scaling: Scaling | None = None,
        bad: Any = None,
        level: float = 0.95,
        coding: str = "woe",
    ) -> None:
        self.bins = bins
        self.selection = selection
        self.scaling = scaling
        self.bad = bad
        self.level = level
        self.coding = coding

    def __sklearn_tags__(self) -> Any:
        """Say that there are two classes, and that values may be missing."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the scorecard.

        Parameters
        ----------
        X : (n, p) array or frame
            Numbers; a frame can also have text, categories and booleans.
        y : (n,) array-like
            Labels of two classes.
        sample_weight : (n,) array-like, optional
            Weights of the rows; for counts and estimates, a row with weight 2 counts twice.

        Returns
        -------
        Self
            The classifier itself.

        Raises
        ------
        LogitkitError
            If the input or the parameters are not valid; the message says what is wrong, where, and what to do.
        """
        labels = labels_of(self, X, y)  # first: with labels alone scikit-learn forgets the names of columns
        columns, _ = variables_of(self, X, reset=True)
        target = classes_of(labels, type(self).__name__, several=False)
        rows = bad_rows(target, row_weights(target, sample_weight, None), self.bad, refuse=False)
        stated = bins_by_name(self.bins, tuple(columns))
        how = (stated_as(Selection, "selection", self.selection), stated_as(Scaling, "scaling", self.scaling))
        require_choice("coding", self.coding, CODINGS)
        making = Making(stated, how[0], how[1] or Scaling(), self.level, _finite, may_be_empty=True, coding=self.coding)
        own = {name: rows.of(values) for name, values in columns.items()}
        card_rows = CardRows(own, rows.bad, rows.weights)
        made = made_card(card_rows, making)
        fit = fit_of_card(made.fit, card_rows, making)
        n, n_bad = target.codes.size, int(rows.bad.sum())
        name = _name_of(y, columns)
        who = Population(n, (), 0, 0, rows.bad.size - n_bad, n_bad, name, rows.label, rows.other)
        out = np.zeros(n, dtype=bool) if rows.rows is None else ~np.isin(np.arange(n), rows.rows)
        whole = {**columns, name: pd.Series(target.classes[target.codes])}
        manifest = manifest_of(whole, out, rows.weights, (), self.selection, self.level, CLASSIFIER)
        self.classes_, self.bad_ = target.classes, rows.label
        self.scorecard_ = Scorecard(
            made.card, fit, made.binnings, who, made.steps, made.development, manifest, rows=made.rows
        )
        if not made.card.variables:
            warn_caller("No column has two bins: every row gets the base points, and one probability.", DataWarning)
        if made.fit.record.is_separated:
            warn_caller(
                "The classes are separated by the weights of evidence: estimates are infinite. The card has finite "
                "ones that reproduce the limiting predictions; larger bins, or fewer columns, give estimates.",
                DataWarning,
            )
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Return the logit of the second class.

        Parameters
        ----------
        X : (n, p) array or frame
            Rows with the columns of the fit.

        Returns
        -------
        (n,) array
            The log odds of bad, or of good if the second class is good.
        """
        found = self._scores(X).log_odds
        return found if self.bad_ == self.classes_[1] else -found

    def predict(self, X: Any) -> Any:
        """Return the more probable label of each row.

        Parameters
        ----------
        X : (n, p) array or frame
            Rows with the columns of the fit.

        Returns
        -------
        (n,) array
            Labels from ``classes_``.
        """
        is_second = self.decision_function(X) > 0  # which refuses an estimator that is not fitted
        return self.classes_[is_second.astype(np.int64)]

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the probability of each class.

        Parameters
        ----------
        X : (n, p) array or frame
            Rows with the columns of the fit.

        Returns
        -------
        (n, 2) array
            Columns are in the order of ``classes_``.
        """
        return np.asarray(np.exp(self.predict_log_proba(X)))

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Return the logarithm of the probability of each class, exact even for very small probabilities.

        Parameters
        ----------
        X : (n, p) array or frame
            Rows with the columns of the fit.

        Returns
        -------
        (n, 2) array
            Columns are in the order of ``classes_``.
        """
        logit = self.decision_function(X)
        return np.column_stack([-np.logaddexp(0.0, logit), -np.logaddexp(0.0, -logit)])

    def points(self, X: Any) -> FloatArray:
        """Return the points of each row.

        Parameters
        ----------
        X : (n, p) array or frame
            Rows with the columns of the fit.

        Returns
        -------
        (n,) array
            The points that ``scorecard_.score`` gives.
        """
        return self._scores(X).points

    def _scores(self, X: Any) -> Scores:
        check_is_fitted(self)
        columns, _ = variables_of(self, X)
        return self.scorecard_.card.scores(columns, len(next(iter(columns.values()))))


def _finite(fit: Fit) -> FloatArray:
    """Return finite coefficients of a fit, far along one direction where they are infinite."""
    assert fit.design is not None
    return finite_coef(fit.record, fit.design)


def _name_of(y: Any, columns: Mapping[str, Any]) -> str:
    """Return what the labels are called: by their own name, or y, with underscores where a column has the name."""
    own = getattr(y, "name", None)
    name = own if isinstance(own, str) and own else "y"
    while name in columns:
        name += "_"
    return name
