"""The loss of several outcomes: cross-entropy, smoothed, weighted by class, or focal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.arrays import as_array
from logitkit.logits.losses.mean import MeanLoss
from logitkit.logits.losses.options import check_focus, check_smoothing, parts_of_rows, read_direction
from logitkit.logits.read import read_codes, read_numbers, read_proportions, read_rows
from logitkit.logits.threads import over_rows
from logitkit.numerics.kernels.logit_losses import categorical_curvature, categorical_loss
from logitkit.typing import AnyFloats, CodeArray, FloatArray

__all__ = ["CategoricalLoss"]

NO_SHARES: dict[str, AnyFloats] = {"f": np.empty((0, 0), np.float32), "d": np.empty((0, 0))}


@dataclass(frozen=True)
class CategoricalLoss(MeanLoss):
    r"""Loss of K outcomes, from their logits.

    With :math:`t_k = (1 - \epsilon) y_k + \epsilon / K` for a smoothing of :math:`\epsilon`, class weights
    :math:`c_k` and focus :math:`\gamma`, the loss of a row is

    .. math::

        \sum_k c_k t_k (1 - p_k)^\gamma (-\log p_k),

    which is the cross-entropy at the defaults of all three (``docs/maths/logit_functions.md``, equations 9 to 13).

    Parameters
    ----------
    smoothing : float, default 0
        Share of each row that is spread evenly over all outcomes; at least 0 and below 1.
    class_weights : (K,) sequence of float, optional
        Factor of the loss of each outcome; means over rows are not divided by them.
    focus : float, default 0
        Exponent of the focal loss; 2 in Lin et al. (2017).

    References
    ----------
    Lin, T.-Y., Goyal, P., Girshick, R., He, K. and Dollár, P. (2017) Focal loss for dense object detection. ICCV.
    Szegedy, C. et al. (2016) Rethinking the Inception architecture for computer vision. CVPR.

    Examples
    --------
    >>> import logitkit as lk
    >>> value, gradient = lk.logits.CategoricalLoss().value_and_gradient([[1e4, 0.0], [0.0, 0.0]], [1, 0])
    >>> value
    5000.346573590279
    >>> gradient.tolist()
    [[0.5, -0.5], [-0.25, 0.25]]
    """

    smoothing: float = 0.0
    class_weights: Sequence[float] | FloatArray | None = None
    focus: float = 0.0

    def __post_init__(self) -> None:
        check_smoothing(self.smoothing)
        check_focus(self.focus)
        if self.class_weights is not None:
            found = read_numbers(self.class_weights, "class_weights", "")
            if found.ndim != 1 or found.min() < 0.0:
                raise DataError("class_weights are one number per outcome, finite and not negative.")

    def rows(self, logits: Any, y: Any) -> FloatArray:
        """Return the loss of each row.

        Parameters
        ----------
        logits : (n, K) array-like
            One logit per outcome.
        y : (n,) or (n, K) array-like
            Outcomes, numbered from 0, or their proportions in each row, which add up to 1.

        Returns
        -------
        (n,) array
            The losses, not weighted.

        Raises
        ------
        DataError
            If a logit is not finite, the logits look like probabilities, or an outcome is out of range.
        """
        return self._pass(logits, y, None, False)[0]

    def hessian_product(self, logits: Any, y: Any, direction: Any, weights: Any = None) -> AnyFloats:
        """Return the Hessian of the mean loss times a direction.

        Parameters
        ----------
        logits, y : array-like
            As for ``value``.
        direction : (n, K) array-like
            The direction.
        weights : (n,) array-like, optional
            How often each row counts.

        Returns
        -------
        (n, K) array
            The product, of the type of the logits.

        Raises
        ------
        DataError
            As for ``rows``, or if the direction has another shape.
        """
        values, codes, shares, classes = self._read(logits, y)
        along = read_direction(direction, values)
        parts, out = parts_of_rows(weights, values.shape[0]), np.empty_like(values)

        def fill(a: int, b: int) -> None:
            here = (values[a:b], codes[a:b], shares[a:b], self.smoothing, classes, float(self.focus), parts[a:b])
            categorical_curvature(*here, along[a:b], out[a:b])

        over_rows(fill, *values.shape)
        return out

    def _pass(self, logits: Any, y: Any, weights: Any, slopes: bool) -> tuple[FloatArray, AnyFloats]:
        """Return the loss of each row, and the gradient of the mean if it is wanted."""
        values, codes, shares, classes = self._read(logits, y)
        n = values.shape[0]
        parts, loss = parts_of_rows(weights, n), np.empty(n)
        slope = np.empty_like(values) if slopes else values[:0]

        def fill(a: int, b: int) -> None:
            here = (values[a:b], codes[a:b], shares[a:b], self.smoothing, classes, float(self.focus), parts[a:b])
            categorical_loss(*here, loss[a:b], slope[a:b])

        over_rows(fill, *values.shape)
        return loss, slope

    def _read(self, logits: Any, y: Any) -> tuple[AnyFloats, CodeArray, AnyFloats, FloatArray]:
        """Return logits, outcomes or proportions, and class weights, as the kernels take them."""
        values = np.ascontiguousarray(read_rows(logits))
        if values.ndim == 1:
            raise DataError(f"logits have shape {values.shape}, of an event: this loss is of (n, K); see BinaryLoss.")
        n, n_outcomes = values.shape
        classes = (
            np.ones(n_outcomes) if self.class_weights is None else np.asarray(as_array(self.class_weights), np.float64)
        )
        if classes.shape != (n_outcomes,):
            raise DataError(f"There are {classes.size} class weights, and logits of {n_outcomes} outcomes.")
        none = NO_SHARES[values.dtype.char]
        y = as_array(y)
        if np.ndim(y) != 2:
            return values, read_codes(y, n, n_outcomes), none, classes
        return values, np.empty(0, np.int32), read_proportions(y, values), classes
