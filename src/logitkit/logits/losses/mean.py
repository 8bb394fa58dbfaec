"""A mean loss over rows, with its gradient: what losses of rows share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from logitkit.logits.losses.options import mean_of
from logitkit.typing import AnyFloats, FloatArray

__all__ = ["MeanLoss"]


class MeanLoss(ABC):
    """A loss of each row of logits, averaged over rows."""

    def value(self, logits: Any, y: Any, weights: Any = None) -> float:
        """Return the mean loss.

        Parameters
        ----------
        logits, y : array-like
            As for ``rows``.
        weights : (n,) array-like, optional
            How often each row counts.

        Returns
        -------
        float
            Weighted mean over rows, in nats.

        Raises
        ------
        DataError
            As for ``rows``.
        """
        return mean_of(self.rows(logits, y), weights)

    def gradient(self, logits: Any, y: Any, weights: Any = None) -> AnyFloats:
        """Return the derivative of the mean loss with respect to each logit.

        Parameters
        ----------
        logits, y, weights : array-like
            As for ``value``.

        Returns
        -------
        array
            Derivatives, of the shape and the type of the logits.

        Raises
        ------
        DataError
            As for ``rows``.
        """
        return self.value_and_gradient(logits, y, weights)[1]

    def value_and_gradient(self, logits: Any, y: Any, weights: Any = None) -> tuple[float, AnyFloats]:
        """Return the mean loss and its derivative with respect to each logit, in one pass.

        Parameters
        ----------
        logits, y, weights : array-like
            As for ``value``.

        Returns
        -------
        value : float
            Weighted mean over rows.
        gradient : array
            Derivatives, of the shape and the type of the logits.

        Raises
        ------
        DataError
            As for ``rows``.
        """
        rows, slope = self._pass(logits, y, weights, True)
        return mean_of(rows, weights), slope

    @abstractmethod
    def rows(self, logits: Any, y: Any) -> FloatArray:
        """Return the loss of each row, not weighted."""

    @abstractmethod
    def _pass(self, logits: Any, y: Any, weights: Any, slopes: bool) -> tuple[FloatArray, AnyFloats]:
        """Return the loss of each row, and the gradient of the mean if it is wanted."""
