"""The classes of an outcome, checked as scikit-learn requires."""

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
        The labels as given.
    classes : (K,) array
        The classes, sorted.
    codes : (n,) int array
        The index of each row's class.

    Examples
    --------
    With more than two classes there is no reference class:

    >>> classes_of(np.array(["a", "c", "b"]), "Model", several=True).model
    Multinomial(reference=None)
    """

    labels: Any
    classes: Any
    codes: IntArray

    @property
    def model(self) -> Model:
        """The model: with two classes the first is the reference; with more the model is symmetric."""
        return Multinomial(_plain(self.classes[0]) if self.classes.size == 2 else None)


@dataclass(frozen=True)
class TwoClasses(Classes):
    """Labels of n rows and their two classes, for a model of the second class.

    Parameters
    ----------
    labels : (n,) array
        The labels as given.
    classes : (2,) array
        The classes, sorted; the second is the event.
    codes : (n,) int array
        1 for rows of the second class, otherwise 0.

    Examples
    --------
    >>> classes_of(np.array(["no", "yes", "no"]), "Model", several=False).model
    Binary(event='yes')
    """

    @property
    def model(self) -> Model:
        """The model: the second class is the event, which is not stated if the labels are 0 and 1."""
        if self.classes.dtype.kind in "biuf" and self.classes[0] == 0 and self.classes[1] == 1:
            return Binary()
        return Binary(event=_plain(self.classes[1]))


@dataclass(frozen=True)
class OrderedClasses(Classes):
    """Labels of n rows and their K classes, for a model of ordered outcomes.

    Parameters
    ----------
    labels : (n,) array
        The labels as given.
    classes : (K,) array
        The classes, sorted.
    codes : (n,) int array
        The index of each row's class.
    stated : sequence or None
        The order that is stated to the model; None for the order of numbers.
    state : callable
        Function that returns the model for an order.

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
        """The model."""
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
        One label per row.
    estimator : str
        Its name, for messages.
    several : bool
        Whether the model allows more than two classes.

    Returns
    -------
    Classes
        The classes; in a model of two classes the second, in sorted order, is the event.

    Raises
    ------
    ResponseError
        For one class, or for more than two in a model of two classes.

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
    """Return labels with their classes and the order of the classes.

    Parameters
    ----------
    labels : (n,) array
        One label per row.
    given : array-like
        The labels in their original type; an ordered categorical has the order of its categories.
    estimator : str
        Its name, for messages.
    order : sequence, 'sorted' or None
        The classes from the lowest to the highest; None for the order of the type, or otherwise the sorted order.
    state : callable
        Function that returns the model for an order.

    Returns
    -------
    OrderedClasses
        The labels, classes and order. If text of more than two classes is sorted by default, there is a warning.

    Raises
    ------
    DataError, ResponseError
        For one class, and for an order that is not a list of classes.

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
