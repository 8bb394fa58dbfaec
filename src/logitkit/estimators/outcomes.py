"""The classes of an outcome, checked as scikit-learn's contract asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from logitkit.errors import ResponseError
from logitkit.models.binary import Binary
from logitkit.models.model import Model
from logitkit.models.nominal import Multinomial
from logitkit.typing import IntArray

__all__ = ["Classes", "TwoClasses", "classes_of"]


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
            f"{estimator} needs two classes{' or more' if several else ''}, and y has one class only, "
            f"{classes.tolist()[0]!r}, in all its {labels.shape[0]} rows. Look at the coding of y; in cross-validation "
            "use stratified folds."
        )
    if several:
        return Classes(labels, classes, codes.ravel())
    if classes.size > 2:
        shown = ", ".join(repr(label) for label in classes[:6].tolist()) + (", ..." if classes.size > 6 else "")
        raise ResponseError(
            f"Only binary classification is supported. The type of the target is {type_of_target(labels)}: y has "
            f"{classes.size} classes ({shown}). One model of all of them is MultinomialClassifier, which is not one "
            f"class against the rest; for that give y == {classes.tolist()[0]!r}."
        )
    return TwoClasses(labels, classes, codes.ravel())


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label
