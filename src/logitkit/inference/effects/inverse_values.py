"""Results of inverse prediction."""

from __future__ import annotations

from dataclasses import dataclass

from logitkit.inference.derived import Derived
from logitkit.inference.effects.inverse import InverseMethod, ValueSet
from logitkit.typing import FloatArray

__all__ = ["InversePredictions"]


@dataclass(frozen=True, eq=False)
class InversePredictions:
    """Values of a variable at which probabilities are reached.

    Parameters
    ----------
    variable : str
        The variable whose values are given.
    what : str
        The event or outcomes whose probability it is, in words.
    heads : tuple of str
        Names of the columns of ``labels``: variables held at several values, the threshold if there are several, and
        the probability.
    labels : tuple of tuple of str
        Labels of each value.
    probability : (m,) array
        The probabilities.
    derived : Derived
        The values, with standard errors by the delta method.
    sets : tuple of ValueSet
        The confidence set of each value.
    method : {'delta', 'fieller', 'profile'}
        How the sets were computed.
    level : float
        Confidence level.
    scale : str
        The term on whose scale the value was solved for; empty for the variable itself.
    fixed : tuple of (str, str)
        Variables held at a single value.
    seen : (float, float)
        Smallest and largest value of the variable in the rows of the fit.
    has_offset : bool
        Whether the model has offsets, which are held at their mean.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> found = fit.inverse("x", 0.5)
    >>> bool(abs(found.derived.value[0] + fit.coef["Intercept"] / fit.coef["x"]) < 1e-12)
    True
    """

    variable: str
    what: str
    heads: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    probability: FloatArray
    derived: Derived
    sets: tuple[ValueSet, ...]
    method: InverseMethod
    level: float
    scale: str
    fixed: tuple[tuple[str, str], ...]
    seen: tuple[float, float]
    has_offset: bool = False
