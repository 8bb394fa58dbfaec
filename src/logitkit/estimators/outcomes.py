"""The two classes of an outcome, checked as scikit-learn's contract asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from logitkit.errors import ResponseError
from logitkit.typing import BoolArray

__all__ = ["TwoClasses", "two_classes"]


@dataclass(frozen=True)
class TwoClasses:
    """Labels of n rows and their two classes.

    Parameters
    ----------
    labels : (n,) array
        As given.
    classes : (2,) array
        Sorted; the second is the event.
    is_event : (n,) bool array
        Which rows are of the second class.

    Examples
    --------
    >>> two_classes(np.array(["no", "yes", "no"]), "Model").event
    'yes'
    """

    labels: Any
    classes: Any
    is_event: BoolArray

    @property
    def event(self) -> Any:
        """What the fitting functions are told: the second class, or None where the labels are 0 and 1 already."""
        if self.classes.dtype.kind in "biuf" and self.classes[0] == 0 and self.classes[1] == 1:
            return None
        event = self.classes[1]
        return event.item() if isinstance(event, np.generic) else event


def two_classes(labels: Any, estimator: str) -> TwoClasses:
    """Return labels with their two classes.

    Parameters
    ----------
    labels : (n,) array
        One label a row.
    estimator : str
        Its name, for messages.

    Returns
    -------
    TwoClasses
        The second in sorted order is the event.

    Raises
    ------
    ResponseError
        For one class, or more than two.

    Examples
    --------
    >>> two_classes(np.array([2, 1, 2]), "Model").classes.tolist()
    [1, 2]
    """
    if labels.dtype.kind not in "biuUS":  # the others are classes whatever their values
        check_classification_targets(labels)
    classes, codes = np.unique(labels, return_inverse=True)
    if classes.size == 1:
        raise ResponseError(
            f"{estimator} needs two classes, and y has one class only, {classes.tolist()[0]!r}, in all its "
            f"{labels.shape[0]} rows. Look at the coding of y; in cross-validation use stratified folds."
        )
    if classes.size > 2:
        shown = ", ".join(repr(label) for label in classes[:6].tolist()) + (", ..." if classes.size > 6 else "")
        raise ResponseError(
            f"Only binary classification is supported. The type of the target is {type_of_target(labels)}: y has "
            f"{classes.size} classes ({shown}). For more than two use MultinomialClassifier, which comes with the "
            f"multinomial model; for one class against the rest give y == {classes.tolist()[0]!r}."
        )
    return TwoClasses(labels, classes, codes.ravel() == 1)
