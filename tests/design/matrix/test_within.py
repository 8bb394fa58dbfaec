"""Columns less the means of their level, against the rows written out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.design.matrix import within as module
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.within import Within, level_means
from tolerances import EXACT


@pytest.mark.parametrize("block", [7, 16_384])
def test_every_product(monkeypatch, block):
    monkeypatch.setattr(module, "BLOCK", block)
    rng = np.random.default_rng(1)
    X, codes, w, v = rng.normal(size=(50, 3)), rng.integers(0, 6, 50), rng.random(50), rng.normal(size=50)
    codes[codes == 4] = 0
    means = level_means(Dense(X), codes, w, 6)
    expected = np.array(
        [
            np.average(X[codes == k], axis=0, weights=w[codes == k]) if (codes == k).any() else np.zeros(3)
            for k in range(6)
        ]
    )
    assert_allclose(means, expected, rtol=EXACT, atol=EXACT)
    matrix, plain = Within(Dense(X), codes, means), X - expected[codes]
    assert_allclose(matrix.to_dense(), plain, atol=EXACT)
    assert_allclose(matrix.matvec(np.arange(3.0)), plain @ np.arange(3.0), atol=EXACT)
    assert_allclose(matrix.rmatvec(v), plain.T @ v, atol=EXACT)
    assert_allclose(matrix.gram(w), plain.T @ (w[:, None] * plain), atol=EXACT)
    squares = np.zeros(3)
    matrix.add_squares(w, squares)
    assert_allclose(squares, w @ plain**2, rtol=EXACT)
    assert_allclose(matrix.rows(3, 9).to_dense(), plain[3:9], atol=EXACT)
    assert_allclose(matrix.take(np.array([5, 2])).to_dense(), plain[[5, 2]], atol=EXACT)
