"""The loss of events: cross-entropy, smoothed, weighted, or focal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.arrays import REAL
from logitkit.logits.losses.mean import MeanLoss
from logitkit.logits.losses.options import check_focus, check_smoothing, parts_of_rows, read_direction
from logitkit.logits.read import read_numbers
from logitkit.logits.threads import over_rows
from logitkit.numerics.kernels.event_losses import event_curvature, event_loss
from logitkit.typing import AnyFloats, FloatArray

__all__ = ["BinaryLoss"]


@dataclass(frozen=True)
class BinaryLoss(MeanLoss):
    r"""Loss of binary outcomes, from the log odds of the event.

    With :math:`t = (1 - \epsilon) y + \epsilon / 2` for a smoothing of :math:`\epsilon`, an event weight c and focus
    :math:`\gamma`, the loss of a row is

    .. math::

        c\, t\, (1 - p)^\gamma (-\log p) + (1 - t)\, p^\gamma (-\log(1 - p)),

    which is the cross-entropy at the defaults of all three (``docs/maths/logit_functions.md``, equations 14 to 18).

    Parameters
    ----------
    smoothing : float, default 0
        Share of each row that is spread evenly over event and non-event; at least 0 and below 1.
    event_weight : float, default 1
        Factor of the losses of events; means over rows are not divided by it.
    focus : float, default 0
        Exponent of the focal loss; 2 in Lin et al. (2017).

    References
    ----------
    Lin, T.-Y., Goyal, P., Girshick, R., He, K. and Dollár, P. (2017) Focal loss for dense object detection. ICCV.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logits.BinaryLoss().rows([-1e4, 0.0], [1, 1]).round(6).tolist()
    [10000.0, 0.693147]
    >>> lk.logits.BinaryLoss(event_weight=3.0).gradient([0.0, 0.0], [1, 0]).tolist()
    [-0.75, 0.25]
    """

    smoothing: float = 0.0
    event_weight: float = 1.0
    focus: float = 0.0

    def __post_init__(self) -> None:
        check_smoothing(self.smoothing)
        check_focus(self.focus)
        weight = self.event_weight
        if not (isinstance(weight, REAL) and weight >= 0.0 and math.isfinite(weight)):
            raise DataError(f"event_weight={self.event_weight!r}: give a finite number that is not negative.")

    def rows(self, logits: Any, y: Any) -> FloatArray:
        """Return the loss of each row: the mean over its events if it has several.

        Parameters
        ----------
        logits : (n,) or (n, L) array-like
            Log odds of an event, or of L events that may occur together.
        y : (n,) or (n, L) array-like
            0 or 1, or proportions.

        Returns
        -------
        (n,) array
            The losses, not weighted.

        Raises
        ------
        DataError
            If a logit is not finite or an outcome is not within 0 and 1.
        """
        return self._pass(logits, y, None, False)[0]

    def hessian_product(self, logits: Any, y: Any, direction: Any, weights: Any = None) -> AnyFloats:
        """Return the Hessian of the mean loss times a direction.

        Parameters
        ----------
        logits, y : array-like
            As for ``value``.
        direction : array-like
            The direction, of the shape of the logits.
        weights : (n,) array-like, optional
            How often each row counts.

        Returns
        -------
        array
            The product, of the shape and the type of the logits.

        Raises
        ------
        DataError
            As for ``rows``, or if the direction has another shape.
        """
        values, shares = _read(logits, y)
        along = read_direction(direction, values)
        flat, share, part = values.reshape(-1), shares.reshape(-1), _parts(weights, values).reshape(-1)
        out = np.empty_like(flat)
        over_rows(
            lambda a, b: event_curvature(flat[a:b], share[a:b], *self._options, part[a:b], out[a:b]), flat.size, 1
        )
        return out.reshape(values.shape) * along

    @property
    def _options(self) -> tuple[float, float, float]:
        return float(self.smoothing), float(self.event_weight), float(self.focus)

    def _pass(self, logits: Any, y: Any, weights: Any, slopes: bool) -> tuple[FloatArray, AnyFloats]:
        """Return the loss of each row, and the gradient of the mean if it is wanted."""
        values, shares = _read(logits, y)
        flat, share, part = values.reshape(-1), shares.reshape(-1), _parts(weights, values).reshape(-1)
        loss = np.empty(flat.size)
        slope = np.empty_like(flat) if slopes else flat[:0]

        def fill(a: int, b: int) -> None:
            event_loss(flat[a:b], share[a:b], *self._options, part[a:b], loss[a:b], slope[a:b])

        over_rows(fill, flat.size, 1)
        rows = loss if values.ndim == 1 else loss.reshape(values.shape).mean(axis=1)
        return rows, slope.reshape(values.shape) if slopes else slope


def _read(logits: Any, y: Any) -> tuple[AnyFloats, AnyFloats]:
    """Return logits, and proportions of events of their shape and type."""
    values = np.ascontiguousarray(read_numbers(logits))
    if values.ndim not in {1, 2}:
        raise DataError(f"logits have shape {values.shape}: give (n,) of an event, or (n, L) of L events.")
    shares = read_numbers(y, "Outcomes")
    if shares.shape != values.shape:
        raise DataError(f"y has shape {shares.shape}, and the logits have {values.shape}.")
    bad = ~((shares >= 0.0) & (shares <= 1.0))
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        raise DataError(f"y is {shares[bad][0]:g} in row {row} (from 0), and must be 0 or 1, or a proportion.")
    return values, np.ascontiguousarray(shares.astype(values.dtype, copy=False))


def _parts(weights: Any, values: AnyFloats) -> FloatArray:
    """Return what multiplies the loss of each number in the mean."""
    parts = parts_of_rows(weights, values.shape[0])
    if values.ndim == 1:
        return parts
    return np.ascontiguousarray(np.broadcast_to(parts[:, None] / values.shape[1], values.shape))
