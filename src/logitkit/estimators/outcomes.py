"""The classes of an outcome, checked as scikit-learn's contract asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from logitkit.design.table.frame import declared_order
from logitkit.errors import DataError, DataWarning, ResponseError, warn_caller
from logitkit.models.binary import Binary
from logitkit.models.model import Model
from logitkit.models.nominal import Multinomial
from logitkit.typing import IntArray

__all__ = ["Classes", "OrderedClasses", "TwoClasses", "classes_of", "ordered_classes_of"]

SORTED = "sorted"


@dataclass(frozen=True)
class Classes:
    """Labels of n rows and their K classes.

    Parameters
    ----------
    labels : (n,) array
        As given.
    classes : (K,) array
        Sorted.
    codes : (n,) int array
        The place of each row's class.

    Examples
    --------
    Of more than two classes none is the reference:

    >>> classes_of(np.array(["a", "c", "b"]), "Model", several=True).model
    Multinomial(reference=None)
    """

    labels: Any
    classes: Any
    codes: IntArray

    @property
    def model(self) -> Model:
        """What is fitted: the first of two is the reference, and more have the symmetric form."""
        return Multinomial(_plain(self.classes[0]) if self.classes.size == 2 else None)


@dataclass(frozen=True)
class TwoClasses(Classes):
    """Labels of n rows and their two classes, for a model of the second.

    Parameters
    ----------
    labels : (n,) array
        As given.
    classes : (2,) array
        Sorted; the second is the event.
    codes : (n,) int array
        Which rows are of the second class.

    Examples
    --------
    >>> classes_of(np.array(["no", "yes", "no"]), "Model", several=False).model
    Binary(event='yes')
    """

    @property
    def model(self) -> Model:
        """What is fitted: the second class is the event, which need not be said where the labels are 0 and 1."""
        if self.classes.dtype.kind in "biuf" and self.classes[0] == 0 and self.classes[1] == 1:
            return Binary()
        return Binary(event=_plain(self.classes[1]))


@dataclass(frozen=True)
class OrderedClasses(Classes):
    """Labels of n rows and their K classes, for a model of ordered outcomes.

    Parameters
    ----------
    labels : (n,) array
        As given.
    classes : (K,) array
        Sorted.
    codes : (n,) int array
        The place of each row's class.
    stated : sequence or None
        The order that the model is told; None for that of numbers.
    state : callable
        Returns the model of an order.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = ordered_classes_of(
    ...     np.array([2, 1, 3]), None, "Model", [3, 2, 1, 0], lambda order: lk.Ordinal(order=order)
    ... )
    >>> found.classes.tolist(), found.order.tolist(), found.model
    ([1, 2, 3], [3, 2, 1], Ordinal(order=(3, 2, 1, 0)))
    """

    stated: Any
    state: Callable[[Any], Model]

    @property
    def model(self) -> Model:
        """What is fitted."""
        return self.state(self.stated)

    @property
    def order(self) -> Any:
        """The classes from the lowest to the highest, shape (K,)."""
        if self.stated is None:
            return self.classes
        place = {label: k for k, label in enumerate(self.classes.tolist())}
        return self.classes[[place[label] for label in self.stated if label in place]]


def classes_of(labels: Any, estimator: str, several: bool) -> Classes:
    """Return labels with their classes.

    Parameters
    ----------
    labels : (n,) array
        One label a row.
    estimator : str
        Its name, for messages.
    several : bool
        Whether the model is of two classes or more, not of two.

    Returns
    -------
    Classes
        Of a model of two the second in sorted order is the event.

    Raises
    ------
    ResponseError
        For one class, or more than two where the model has two.

    Examples
    --------
    >>> classes_of(np.array([2, 1, 2]), "Model", several=False).classes.tolist()
    [1, 2]
    """
    if labels.dtype.kind not in "biuUS":  # the others are classes whatever their values
        check_classification_targets(labels)
    classes, codes = np.unique(labels, return_inverse=True)
    if classes.size == 1:
        raise ResponseError(
            f"{estimator} needs two classes{' or more' if several else ''}, and y has only one class, "
            f"{classes.tolist()[0]!r}, in all its {labels.shape[0]} rows. Check the coding of y; in cross-validation "
            "use stratified folds."
        )
    if several:
        return Classes(labels, classes, codes.ravel())
    if classes.size > 2:
        shown = ", ".join(repr(label) for label in classes[:6].tolist()) + (", ..." if classes.size > 6 else "")
        raise ResponseError(
            f"Only binary classification is supported. The type of the target is {type_of_target(labels)}: y has "
            f"{classes.size} classes ({shown}). MultinomialClassifier fits one model for all of them; for one class "
            f"against the rest give y == {classes.tolist()[0]!r}."
        )
    return TwoClasses(labels, classes, codes.ravel())


def ordered_classes_of(
    labels: Any, given: Any, estimator: str, order: Any, state: Callable[[Any], Model]
) -> OrderedClasses:
    """Return labels with their classes and the order of these.

    Parameters
    ----------
    labels : (n,) array
        One label a row.
    given : array-like
        The same as they came: an ordered categorical has the order of its categories.
    estimator : str
        Its name, for messages.
    order : sequence, 'sorted' or None
        The classes from the lowest to the highest; None for the order of the type, else the sorted one.
    state : callable
        Returns the model of an order.

    Returns
    -------
    OrderedClasses
        With the order. Where text of more than two classes is sorted and nobody asked for that, a warning tells it.

    Raises
    ------
    DataError, ResponseError
        For one class, and for an order that is no list of classes.

    Examples
    --------
    >>> import logitkit as lk
    >>> ordered_classes_of(np.array(["mid", "low", "top"]), None, "Model", "sorted", lk.Ordinal).order.tolist()
    ['low', 'mid', 'top']
    """
    found = classes_of(labels, estimator, several=True)
    classes = found.classes.tolist()
    if isinstance(order, str) and order != SORTED:
        raise DataError(
            f"order={order!r} is not a list; give the classes from the lowest to the highest, such as "
            f"order={classes!r}, or order={SORTED!r} if that is their order."
        )
    if order is not None and not hasattr(order, "__iter__"):
        raise DataError(f"order={order!r} is not a list; give the classes from the lowest to the highest.")
    stated = declared_order(given) if order is None else order
    if stated is None and _are_text(classes) and len(classes) > 2:
        warn_caller(
            f"The order of the classes is not stated, and they were taken as sorted: {' < '.join(map(repr, classes))}. "
            f"Give order=[...] with the lowest first, make y an ordered categorical, or say order={SORTED!r}.",
            DataWarning,
        )
    if stated is None or isinstance(stated, str):  # numbers have their order
        stated = None if found.classes.dtype.kind in "biuf" else classes
    return OrderedClasses(found.labels, found.classes, found.codes, None if stated is None else tuple(stated), state)


def _are_text(classes: Any) -> bool:
    """Return whether some class is text, which has no order but the alphabet's."""
    return any(isinstance(label, str | bytes) for label in classes)


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label
