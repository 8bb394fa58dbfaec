"""``WoeEncoder``: optimal bins for each variable, with each value replaced by the weight of evidence of its bin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import ClassifierTags
from sklearn.utils.validation import check_is_fitted

from logitkit.api.card_rows import bins_by_name
from logitkit.estimators.outcomes import classes_of
from logitkit.estimators.stated_options import StatedOptions
from logitkit.estimators.two_labels import bad_rows
from logitkit.estimators.variables import labels_of, variables_of
from logitkit.estimators.weights import row_weights
from logitkit.results.cards.binned import held
from logitkit.results.foreign import in_our_words
from logitkit.scorecard.binned import binning_of
from logitkit.scorecard.stated import Bins
from logitkit.typing import FloatArray

__all__ = ["WoeEncoder"]


class WoeEncoder(OneToOneFeatureMixin, TransformerMixin, StatedOptions):  # type: ignore[misc]
    """Optimal bins for each column, with each value replaced by the weight of evidence of its bin.

    Parameters
    ----------
    bins : Bins or mapping of str to Bins, optional
        Options of binning for all columns, or for each column by name; columns that are not named are binned with
        ``Bins()``. Each option of a single ``Bins`` is also a parameter, such as ``bins__max_bins``.
    bad : object, optional
        The label that is bad. The default is the larger of two numbers, or True; for other labels it must be given.

    Attributes
    ----------
    classes_ : (2,) array
        The labels, sorted.
    bad_ : object
        The label that is bad.
    binnings_ : dict of str to BinnedVariable
        The binned columns, with tables, figures and methods that change bins by hand.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : array of str
        Names of the columns, if X has names.

    Notes
    -----
    X is an array of numbers, or a data frame with columns of numbers, text, categories or booleans; missing values have
    their own bin. ``Bins(unseen=, empty=)`` states what happens to levels and missing values that did not occur in
    ``fit``. By default they are an error, which may be too strict in cross-validation.

    The weights of evidence depend on the outcomes of the rows that were binned. Assess a model on other rows, for
    example by cross-validation of a pipeline that contains the encoder.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.estimators import WoeEncoder
    >>> loans = lk.datasets.load_german_credit()
    >>> encoder = WoeEncoder(bad="bad").fit(loans[["duration", "checking_status"]], loans["class"])
    >>> encoder.get_feature_names_out().tolist()
    ['duration', 'checking_status']
    >>> bool(encoder.binnings_["duration"].woe[0] in encoder.transform(loans[["duration", "checking_status"]])[:, 0])
    True
    """

    _stated: ClassVar[dict[str, type]] = {"bins": Bins}

    @in_our_words
    def __init__(self, bins: Bins | Mapping[str, Bins] | None = None, bad: Any = None) -> None:
        self.bins = bins
        self.bad = bad

    def __sklearn_tags__(self) -> Any:
        """Say that two labels are needed, and that values may be missing."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.classifier_tags = ClassifierTags(multi_class=False)
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Bin each column.

        Parameters
        ----------
        X : (n, p) array or frame
            Numbers; a frame can also have text, categories and booleans.
        y : (n,) array-like
            Labels of two classes.
        sample_weight : (n,) array-like, optional
            Weights of the rows; counts are sums of weights.

        Returns
        -------
        Self
            The encoder itself.

        Raises
        ------
        LogitkitError
            If the input or the parameters are not valid; the message says what is wrong, where, and what to do.
        """
        labels = labels_of(self, X, y)  # first: with labels alone scikit-learn forgets the names of columns
        columns, _ = variables_of(self, X, reset=True)
        target = classes_of(labels, type(self).__name__, several=False)
        rows = bad_rows(target, row_weights(target, sample_weight, None), self.bad)
        stated = bins_by_name(self.bins, tuple(columns))
        self.classes_, self.bad_ = target.classes, rows.label
        self.binnings_ = {
            name: held(binning_of(rows.of(values), rows.bad, stated[name], name=name, weights=rows.weights))
            for name, values in columns.items()
        }
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the weight of evidence of each value.

        Parameters
        ----------
        X : (n, p) array or frame
            Rows with the columns of the fit.

        Returns
        -------
        (n, p) array
            The weights of evidence in the tables of ``binnings_``, exactly.
        """
        check_is_fitted(self)
        columns, _ = variables_of(self, X)
        found = [binned.transform(columns[name]) for name, binned in self.binnings_.items()]
        return np.column_stack(found)
