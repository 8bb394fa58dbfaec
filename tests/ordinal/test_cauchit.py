"""Ordered outcomes with the cauchit link, whose likelihood may have several maxima."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataWarning

#: Rows far out hold the slope of a logit near zero; the highest maximum is that of the rows in the middle.
FAR = ([-0.9, 17.5, -0.7, -3.5, 1.7, 0.0, -2.8, 0.5, -1.7, 2.2, -36.5, -0.1], [0, 2, 2, 2, 0, 1, 2, 1, 2, 0, 2, 2])
#: The highest maximum has a slope of the other sign than the logit's.
TURNED = ([-0.3, 0.5, 0.3, -2.5, 4.5, 0.1, 0.2, -0.7, -2.4, 0.1, 0.7, -3.1], [1, 1, 1, 0, 0, 1, 1, 1, 2, 0, 2, 0])
#: One maximum that the expected information leads to in thousands of steps.
FLAT = ([-0.1, -1.5, -0.1, 1.0, 1.1, -0.1, -1.6, 0.4, 3.0, -0.4, -27.7, 711.7], [1, 1, 0, 2, 2, 0, 1, 1, 2, 2, 0, 2])


def loglik(x: np.ndarray, y: np.ndarray, low: np.ndarray, gap: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """The log-likelihood of three outcomes on a grid of thresholds and slopes."""
    below, above = (0.5 + np.arctan(cut[..., None] - slope[..., None] * x) / np.pi for cut in (low, low + gap))
    return np.log(np.select([y == 0, y == 1], [below, above - below], 1.0 - above)).sum(axis=-1)


def highest(data: tuple[list[float], list[int]]) -> float:
    """The highest value on a grid."""
    x, y = np.array(data[0]), np.array(data[1])
    grid = np.meshgrid(np.linspace(-4, 4, 41), np.linspace(0.05, 4, 40), np.linspace(-3, 3, 61), indexing="ij")
    return float(loglik(x, y, *grid).max())


@pytest.mark.parametrize(("data", "sign"), [(FAR, -1.0), (TURNED, 1.0)], ids=["far rows", "another sign"])
def test_the_highest_maximum_is_found_and_the_others_are_told(data: tuple[list[float], list[int]], sign: float) -> None:
    with pytest.warns(DataWarning, match="several maxima: . of 7 starts"):
        fit = lk.ordinal("y ~ x", {"x": data[0], "y": data[1]}, link="cauchit")
    assert fit.converged
    assert highest(data) <= fit.loglik <= highest(data) + 0.02  # the grid is that coarse
    assert np.sign(fit.coef["x"]) == sign
    assert "lower maximum" in fit.record.method
    assert "several maxima: " in " ".join(str(fit.summary()).split())
    logit = lk.ordinal("y ~ x", {"x": data[0], "y": data[1]})
    assert abs(logit.coef["x"]) < abs(fit.coef["x"])
    assert np.linalg.eigvalsh(fit.vcov).min() > 0.0


def test_a_flat_likelihood_is_climbed_to_its_maximum() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = lk.ordinal("y ~ x", {"x": FLAT[0], "y": FLAT[1]}, link="cauchit")
    assert fit.converged
    x, y = np.array(FLAT[0]), np.array(FLAT[1])
    low, high, slope = fit.coef
    steps = np.array([-1e-4, 0.0, 1e-4])
    near = loglik(x, y, *np.meshgrid(low + steps, high - low + steps, slope + steps, indexing="ij"))
    assert near.argmax() == 13  # the middle of 27
    assert_allclose(fit.loglik, near.max(), rtol=1e-12)


@pytest.mark.parametrize("information", ["observed", "expected"])
def test_partial_models_start_from_several_points_too(information: str) -> None:
    x, group = np.array(FAR[0]), np.arange(12) % 2
    data = {"x": x, "y": FAR[1], "g": group}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        shared = lk.ordinal("y ~ x + g", data, link="cauchit", information=information)
        partial = lk.ordinal("y ~ x + g", data, link="cauchit", information=information, nominal="g")
    assert partial.converged
    assert partial.loglik >= shared.loglik  # the larger model, whichever maximum it has
