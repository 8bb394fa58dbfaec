"""The public functions that plan a study: how many observations, and what power."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from logitkit.api.functions import logit
from logitkit.errors import DataError
from logitkit.inference.planning.development import development_size
from logitkit.inference.planning.power import coefficient_power
from logitkit.inference.planning.several import several_size
from logitkit.inference.planning.simulated import SimulatedPower, power_of_studies
from logitkit.inference.planning.validation import validation_size
from logitkit.results.foreign import in_our_words
from logitkit.results.shown import shown

__all__ = ["multinomial_sample_size", "power", "sample_size", "simulated_power", "validation_sample_size"]

P = ParamSpec("P")
R = TypeVar("R")


def _public(function: Callable[P, R], name: str) -> Callable[P, R]:
    """Return a function of bare numbers under its public name, with a result that shows itself."""

    @functools.wraps(function)
    def planned(*given: P.args, **named: P.kwargs) -> R:
        return shown(function(*given, **named))

    planned.__name__ = planned.__qualname__ = name
    planned.__module__ = __name__
    return in_our_words(planned)


sample_size = _public(development_size, "sample_size")
multinomial_sample_size = _public(several_size, "multinomial_sample_size")
validation_sample_size = _public(validation_size, "validation_sample_size")
power = _public(coefficient_power, "power")


@in_our_words
def simulated_power(
    draw: Callable[[int, np.random.Generator], Any],
    model: str | Callable[[Any], Any],
    test: str | Callable[[Any], Any],
    n: Any,
    *,
    repetitions: int = 1000,
    alpha: float = 0.05,
    seed: int | None = None,
    level: float = 0.95,
) -> SimulatedPower:
    """Estimate the power of a test by simulation: studies are drawn, fitted and tested.

    Parameters
    ----------
    draw : callable
        A function of a sample size and a NumPy random generator. It returns a table with that many rows, with outcomes
        drawn from the assumed truth.
    model : str or callable
        A formula, fitted by ``lk.logit``; or a function of the table that returns a fit of any kind.
    test : str or callable
        Hypotheses as in ``fit.test``, such as ``"treated = 0"`` or the name of a term; or a function of the fit that
        returns a p-value.
    n : int or sequence of int
        Sample sizes.
    repetitions : int, default 1000
        Number of studies of each size.
    alpha : float, default 0.05
        Significance level of the test.
    seed : int, optional
        Seed that makes the studies reproducible. Each study depends only on the seed, the sample size and its number
        among the studies of that size.
    level : float, default 0.95
        Confidence level of the Monte-Carlo limits.

    Returns
    -------
    SimulatedPower
        For each size, the power with limits for its Monte-Carlo error, and the number of studies that gave no p-value.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> def study(n, rng):
    ...     treated = rng.permutation(n) < n // 2
    ...     return {"treated": treated * 1.0, "y": rng.random(n) < np.where(treated, 0.7, 0.3)}
    >>> found = lk.simulated_power(study, "y ~ treated", "treated = 0", n=[20, 80], repetitions=20, seed=1)
    >>> found.power.round(2).tolist()
    [0.2, 1.0]
    """
    for name, value in (("model", model), ("test", test)):
        if not isinstance(value, str) and not callable(value):
            raise DataError(f"{name}={value!r:.60}: give text or a function.")
    if not callable(draw):
        raise DataError(f"draw={draw!r:.60} is not a function of a sample size and a random generator.")

    def p_value(size: int, generator: np.random.Generator) -> float:
        table = draw(size, generator)
        fit = logit(model, table) if isinstance(model, str) else model(table)
        found: float = fit.test(test).p_value if isinstance(test, str) else test(fit)
        return found

    words = test if isinstance(test, str) else getattr(test, "__name__", "a function of the fit")
    found = power_of_studies(p_value, n, repetitions, alpha=alpha, seed=seed, level=level, test=words)
    return shown(found)
