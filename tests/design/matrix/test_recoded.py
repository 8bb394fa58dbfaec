"""Contrasts as a map of the columns of all levels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.recoded import Recoded
from oracles.kinds import assert_sums
from oracles.products import coded_cells, contrasts

LEVELS = np.array([0, 1, 2, 2, 1, 0, 2, 2], dtype=np.int32)
WEIGHTS = np.arange(1.0, 9.0)


def of_levels(recode: np.ndarray) -> Recoded:
    return Recoded(Categorical(LEVELS, 3), sparse.csr_array(recode))


def test_treatment_contrasts_are_codes_without_the_reference() -> None:
    assert contrasts("treatment", 3).tolist() == [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    recoded, coded = of_levels(contrasts("treatment", 3)), Categorical(LEVELS - np.int32(1), 2)
    assert recoded.to_dense().tolist() == coded.to_dense().tolist()
    assert recoded.gram(WEIGHTS).tolist() == coded.gram(WEIGHTS).tolist()
    assert recoded.rmatvec(WEIGHTS).tolist() == coded.rmatvec(WEIGHTS).tolist()


def test_sum_contrasts_in_closed_form() -> None:
    assert contrasts("sum", 3).tolist() == [[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]
    assert contrasts("helmert", 3).tolist() == [[-1.0, -1.0], [1.0, -1.0], [0.0, 2.0]]
    first, second, last = (WEIGHTS[level == LEVELS].sum() for level in range(3))
    expected = [[first + last, last], [last, second + last]]
    assert of_levels(contrasts("sum", 3)).gram(WEIGHTS).tolist() == expected


def test_polynomial_contrasts_are_orthonormal_powers() -> None:
    recode = contrasts("poly", 5)
    assert_sums(recode.T @ recode, np.eye(4), np.ones((4, 4)))
    assert_sums(recode.sum(axis=0), np.zeros(4), np.ones(4))
    linear = np.arange(-2.0, 3.0) / np.sqrt(10.0)
    assert_sums(recode[:, 0], linear, np.ones(5))
    quadratic = np.array([2.0, -1.0, -2.0, -1.0, 2.0]) / np.sqrt(14.0)
    assert_sums(recode[:, 1], quadratic, np.ones(5))
    # One row of each level: the contrasts themselves.
    every = Recoded(Categorical(np.arange(5, dtype=np.int32), 5), sparse.csr_array(recode))
    assert_sums(every.gram(np.ones(5)), np.eye(4), np.ones((4, 4)))


def test_the_map_is_applied_once_and_rows_are_met_in_the_codes() -> None:
    recode = contrasts("helmert", 3)
    recoded = of_levels(recode)
    assert recoded.inner is recoded.matrix
    assert recoded.width == 1
    coef = np.array([0.5, -2.0])
    assert_sums(recoded.spread(coef), recode @ coef, np.abs(recode) @ np.abs(coef))
    sums = np.array([1.0, 10.0, 100.0])
    assert_sums(recoded.collect(sums), recode.T @ sums, np.abs(recode).T @ sums)
    assert_sums(
        recoded.collect_gram(np.diag(sums)), recode.T @ np.diag(sums) @ recode, np.abs(recode).T * 100 @ np.abs(recode)
    )


def test_a_product_of_factors_is_a_map_of_the_cells_of_both() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 3, 50).astype(np.int32), rng.integers(0, 4, 50).astype(np.int32)
    both = np.kron(contrasts("sum", 3), contrasts("helmert", 4))
    cells = Recoded(Categorical(a * np.int32(4) + b, 12), sparse.csr_array(both))
    left = coded_cells(a, np.empty(0), 3) @ contrasts("sum", 3)
    right = coded_cells(b, np.empty(0), 4) @ contrasts("helmert", 4)
    columns = np.einsum("ij,ik->ijk", left, right).reshape(50, 6)
    assert cells.to_dense().tolist() == columns.tolist()


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_array, sparse.csr_matrix])
def test_the_map_in_other_formats(form: type) -> None:
    recode = contrasts("sum", 3)
    given = Recoded(Categorical(LEVELS, 3), form(recode))
    assert np.array_equal(given.gram(WEIGHTS), of_levels(recode).gram(WEIGHTS))
    assert given.matvec(np.ones(2)).tolist() == of_levels(recode).matvec(np.ones(2)).tolist()


def design() -> tuple[Matrix, np.ndarray]:
    numbers = Dense(np.column_stack([np.ones(8), np.arange(8.0)]))
    matrix = Blocks((numbers, Categorical(LEVELS, 3)), (np.array([0, 4]), np.array([1, 2, 3])))
    recode = np.zeros((5, 4))
    recode[0, 0] = recode[4, 3] = 1.0
    recode[1:4, 1:3] = contrasts("sum", 3)
    return Recoded(matrix, sparse.csr_array(recode)), recode


def test_a_map_over_numbers_and_codes_is_that_of_a_formula() -> None:
    matrix, _ = design()
    written = np.column_stack([np.ones(8), coded_cells(LEVELS, np.empty(0), 3) @ contrasts("sum", 3), np.arange(8.0)])
    assert matrix.to_dense().tolist() == written.tolist()
    expected = written.T @ (WEIGHTS[:, np.newaxis] * written)
    bound = np.abs(written).T @ (WEIGHTS[:, np.newaxis] * np.abs(written))
    assert_sums(matrix.gram(WEIGHTS), expected, bound)
    assert type(matrix.inner).__name__ == "Joined"
