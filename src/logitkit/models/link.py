r"""Links between the mean and the linear predictor.

Only the logit is offered. A further link is a loop in ``kernels`` and an entry here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.errors import UnsupportedError
from logitkit.numerics.kernels.binomial_values import logit_mean
from logitkit.typing import FloatArray

__all__ = ["LOGIT", "Link", "link_named"]


@dataclass(frozen=True, slots=True)
class Link:
    """The logit link, by its name.

    Parameters
    ----------
    name : str
        The name that users write, ``"logit"``.

    Examples
    --------
    >>> import numpy as np
    >>> eta = np.array([-800.0, -1.0, 0.0, 1.0, 800.0])
    >>> mu = LOGIT.inverse(eta)
    >>> bool(np.allclose(mu + LOGIT.inverse(-eta), 1.0, rtol=1e-15))
    True
    """

    name: str

    def inverse(self, eta: FloatArray) -> FloatArray:
        """Return the mean for each linear predictor, shape (n,), finite at any size of ``eta``."""
        flat = np.ascontiguousarray(eta, dtype=np.float64).ravel()
        return logit_mean(flat).reshape(np.shape(eta))

    def link(self, mu: FloatArray) -> FloatArray:
        """Return the linear predictor for each mean: log(mu / (1 - mu)), infinite at 0 and 1."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(mu) - np.log1p(-np.asarray(mu)))


LOGIT = Link("logit")


def link_named(name: str) -> Link:
    """Return the link of that name, or say which names there are.

    Examples
    --------
    >>> link_named("logit").name
    'logit'
    """
    if name != LOGIT.name:
        raise UnsupportedError(f"link={name!r} is not offered; the link that is offered is 'logit'.")
    return LOGIT
