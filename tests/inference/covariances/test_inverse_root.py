"""The correction of CR2 by quadrature is that of dense matrices, and so are its degrees of freedom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import UnsupportedError
from logitkit.inference.covariances import corrected, inverse_root, reduced_bias
from logitkit.inference.covariances.inverse_root import by_decomposition, by_quadrature, root_nodes
from tolerances import REFERENCE, ROUTE


def power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * values**exponent) @ vectors.T)


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    births = lk.datasets.load_lbw()
    return births.assign(g=births["id"] % 5, one=(births["id"] % 5 == 2).astype(int))


@pytest.mark.parametrize("least", [0.9, 1e-2, 1e-8, 1e-16, 1e-24])
def test_nodes_give_the_inverse_root(least: float) -> None:
    square, weights = root_nodes(least)
    values = np.geomspace(least, 1.0, 40)
    assert_allclose((weights / (square + values[:, None])).sum(axis=1) * np.sqrt(values), 1.0, rtol=1e-13)


@pytest.mark.parametrize("spread", [0.0, 1.0, 6.0])
def test_both_ways_are_the_published_matrix(spread: float) -> None:
    rng = np.random.default_rng(5)
    variance = 0.25 * np.exp(-spread * rng.uniform(size=60))
    z = rng.normal(size=(60, 4))
    z *= np.sqrt(0.9 / np.linalg.eigvalsh(z.T @ z)[-1])
    # Of the responses, with columns X: A = D {D (Phi - X V X') D}^{-1/2} D, D the root of Phi, and M = D A W X.
    root = np.diag(np.sqrt(variance))
    x = root @ z
    adjusted = root @ power(root @ (np.diag(variance) - x @ x.T) @ root, -0.5) @ root
    expected = root @ adjusted @ np.diag(1.0 / variance) @ x
    assert_allclose(by_decomposition(z[None], variance[None])[0], expected, rtol=1e-8, atol=1e-12)
    assert_allclose(by_quadrature(z[None], variance[None], 0.1)[0], expected, rtol=1e-8, atol=1e-12)
    # The residuals' covariance is then that of the working model.
    assert_allclose(adjusted @ (np.diag(variance) - x @ x.T) @ adjusted, np.diag(variance), rtol=1e-8, atol=1e-12)


def test_large_clusters_are_those_of_decompositions(births: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = lk.logit("low ~ age + lwt + smoke", births)
    dense = fit.robust("CR2", cluster="g")
    monkeypatch.setattr(corrected, "DECOMPOSED", 10)
    monkeypatch.setattr(corrected, "CELLS_OF_BLOCK", 50)
    monkeypatch.setattr(inverse_root, "ROWS", 7)
    by_nodes = fit.robust("CR2", cluster="g")
    assert_allclose(by_nodes.vcov, dense.vcov, rtol=ROUTE)
    assert_allclose(by_nodes.record.coefficient_law.dof, dense.record.coefficient_law.dof, rtol=ROUTE)
    third = fit.robust("CR3", cluster="g")
    monkeypatch.undo()
    assert_allclose(third.vcov, fit.robust("CR3", cluster="g").vcov, rtol=ROUTE)


def test_a_cluster_that_determines_a_coefficient(births: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = lk.logit("low ~ age + one", births)
    dense = fit.robust("CR2", cluster="g")
    # clubSandwich 0.5.8: m <- glm(low ~ age + one, binomial); v <- vcovCR(m, g, "CR2"); sqrt(diag(v)); coef_test(m, v)
    assert_allclose(dense.std_error, [0.4055535185617, 0.0174951788898, 0.0431802872322], rtol=REFERENCE)
    assert_allclose(dense.record.coefficient_law.dof, [3.71237273684, 3.77600569430, 3.04147368357], rtol=REFERENCE)
    monkeypatch.setattr(corrected, "DECOMPOSED", 10)
    assert_allclose(fit.robust("CR2", cluster="g").vcov, dense.vcov, rtol=ROUTE)
    monkeypatch.setattr(corrected, "DECOMPOSED_MOST", 10)
    with pytest.raises(UnsupportedError, match="rows alone determines a coefficient"):
        fit.robust("CR2", cluster="g")


def test_degrees_of_freedom_of_very_many_clusters_are_not_kept(
    births: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = lk.logit("low ~ age", births)
    monkeypatch.setattr(reduced_bias, "CELLS_OF_LAW", 20)
    with pytest.raises(UnsupportedError, match="state dof='clusters'"):
        fit.robust("CR2", cluster="g")
    assert fit.robust("CR2", cluster="g", dof="clusters").record.law.dof == 4.0
