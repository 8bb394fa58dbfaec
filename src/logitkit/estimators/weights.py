"""The weight of each row, from ``sample_weight`` and ``class_weight``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from logitkit.errors import DataError, ResponseError
from logitkit.estimators.outcomes import Classes
from logitkit.typing import FloatArray, IntArray

__all__ = ["row_weights"]


def row_weights(
    target: Classes, sample_weight: Any, class_weight: Any, used: IntArray | slice = slice(None)
) -> FloatArray | None:
    r"""Return the product of each row's own weight and the weight of its class.

    ``"balanced"`` gives class k the weight :math:`W / (K W_k)`, with :math:`W_k` the sum of its rows' own weights.

    Parameters
    ----------
    target : Classes
        Labels of n rows, of K classes.
    sample_weight : (n,) array-like, number or None
        Own weight of each row.
    class_weight : mapping, 'balanced' or None
        Weight by label; labels that are not named have weight 1.
    used : array or slice
        Rows that take part in the fit, which ``"balanced"`` counts.

    Returns
    -------
    (n,) array or None
        The weights; None if all are one.

    Raises
    ------
    DataError, ResponseError
        If the weights are not one number per row, or leave a class without rows.

    Examples
    --------
    >>> from logitkit.estimators.outcomes import classes_of
    >>> row_weights(classes_of(np.array([0, 1, 1, 1]), "Model", "logit"), None, "balanced").round(3).tolist()
    [2.0, 0.667, 0.667, 0.667]
    """
    own = None if sample_weight is None else _own_weights(sample_weight, target.codes.size, "sample_weight")
    if class_weight is None:
        weights = own
    else:
        by_class = _class_weights(target, own, class_weight, used)
        weights = by_class[target.codes] * (1.0 if own is None else own)
    if weights is not None:
        rows = np.bincount(target.codes[weights != 0.0], minlength=target.classes.size)
        if not rows.all():
            raise ResponseError(
                f"Every row of the class {target.classes.tolist()[int(np.argmin(rows))]!r} has weight zero: each class "
                "needs rows of positive weight."
            )
    return weights


def _own_weights(given: Any, n: int, name: str) -> FloatArray:
    try:
        weights = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be numbers: {error}") from error
    if weights.ndim == 0:
        weights = np.full(n, weights)
    if weights.shape != (n,):
        raise DataError(f"{name} has shape {weights.shape}; give one weight per row, of which there are {n}.")
    if not np.isfinite(weights).all() or weights.min(initial=0.0) < 0.0:
        row = int(np.argmax(~np.isfinite(weights) | (weights < 0.0)))
        raise DataError(
            f"{name} holds {weights[row]} at position {row} (from 0); weights must be finite and not negative."
        )
    if not weights.any():
        raise DataError(f"Every {name} is zero: no row is left to fit.")
    return weights


def _class_weights(target: Classes, own: FloatArray | None, class_weight: Any, used: IntArray | slice) -> FloatArray:
    labels = target.classes.tolist()
    if isinstance(class_weight, str) and class_weight == "balanced":
        n_classes = len(labels)
        counts = np.bincount(target.codes[used], None if own is None else own[used], n_classes).astype(np.float64)
        if counts.min() == 0.0:
            raise ResponseError(
                f"No row of the class {labels[int(np.argmin(counts))]!r} is used and has a positive weight: there is "
                "nothing to balance."
            )
        return np.asarray(counts.sum() / (n_classes * counts))
    if not isinstance(class_weight, Mapping):
        raise DataError(
            f"class_weight={class_weight!r} is not known; give 'balanced', or a dict from label to weight such as "
            f"{{{labels[0]!r}: 1.0, {labels[1]!r}: 5.0}}."
        )
    unknown = [key for key in class_weight if key not in labels]
    if unknown:
        raise DataError(f"class_weight names {unknown[0]!r}, which is not a class of y: its classes are {labels}.")
    return _own_weights([class_weight.get(label, 1.0) for label in labels], len(labels), "class_weight")
