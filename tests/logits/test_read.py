"""What is accepted as logits, outcomes, groups and weights, and what is refused with a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError
from logitkit.logits.labels import read_groups
from logitkit.logits.read import read_codes, read_numbers, read_outcomes, read_weights


class Lent:
    """An object of another library, which hands over its memory by DLPack and no other way."""

    def __init__(self, values: Any) -> None:
        self.array = np.ascontiguousarray(values)

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()


class Tracked:
    """An array whose library hands it over only when it is asked in another way, as torch does while it has slopes."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")


Z = np.array([[2.0, -1.0, 0.5], [0.0, 0.25, 3.0], [1.0, 1.0, -2.0], [0.5, 0.0, 0.75]])


@pytest.mark.parametrize("given", [Z, Z.tolist(), pd.DataFrame(Z), Lent(Z), Z.astype(object), np.asfortranarray(Z)])
def test_numbers_of_many_kinds_are_the_same(given: Any) -> None:
    assert (read_numbers(given) == Z).all()
    assert read_numbers(given).dtype == np.float64


def test_what_another_library_says_is_passed_on() -> None:
    with pytest.raises(DataError, match=r"logits could not be taken as an array: .*Use tensor\.detach\(\)"):
        read_numbers(Tracked())


def test_single_and_half_precision_are_single() -> None:
    for kind in (np.float16, np.float32):
        assert read_numbers(Z.astype(kind)).dtype == np.float32


def test_outcomes_groups_and_weights_are_lent_too() -> None:
    y = np.array([0, 2, 1, 2])
    assert (read_codes(Lent(y), 4, 3) == y).all()
    assert (read_outcomes(Lent(y % 2), Z[:, 0]) == y % 2).all()
    assert (read_groups(Lent(y), 4)[1] == y).all()
    assert (read_weights(Lent(y), 4) == y).all()
    assert lk.logits.CategoricalLoss().value(Lent(Z), Lent(y)) == lk.logits.CategoricalLoss().value(Z, y)


@pytest.mark.parametrize(
    "given", [Z.astype(str), 1j * Z, np.full(2, "2024-01-01", "datetime64[D]"), [[1.0], [1.0, 2.0]], [None, "a"]]
)
def test_what_is_no_number_is_refused(given: Any) -> None:
    with pytest.raises(DataError, match="logits must be real numbers in an array"):
        read_numbers(given)


def test_masked_numbers_are_refused_and_others_of_their_kind_are_not() -> None:
    with pytest.raises(DataError, match="masked, as missing"):
        read_numbers(np.ma.masked_greater(Z, 2.0))
    with pytest.raises(DataError, match="masked, as missing"):
        read_codes(np.ma.masked_equal([0, 1], 1), 2, 2)
    assert (read_numbers(np.ma.masked_greater(Z, 9.0)) == Z).all()


def test_weights_that_are_no_numbers_are_refused() -> None:
    for given in ("a", ["a", "b"], [[1.0], [1.0, 2.0]]):
        with pytest.raises(DataError, match="weights must be numbers"):
            read_weights(given, 2)


def test_rows_that_a_mask_leaves_nothing_of_are_named() -> None:
    mask = np.ones(Z.shape, dtype=bool)
    mask[1:3] = False
    with pytest.raises(DataError, match=r"leaves no outcome in row 1 \(counted from 0\), 2 in all\."):
        lk.logits.softmax(Z, mask=mask)
    with pytest.raises(DataError, match=r"leaves no outcome\."):
        lk.logits.softmax(Z[0], mask=[False] * 3)


def test_masks_and_proportions_are_lent_and_axes_are_numbers() -> None:
    mask = np.array([True, False, True])
    assert (lk.logits.softmax(Z, mask=Lent(mask)) == lk.logits.softmax(Z, mask=mask)).all()
    p = np.full(Z.shape, 1 / 3)
    assert lk.logits.CategoricalLoss().value(Z, Lent(p)) == lk.logits.CategoricalLoss().value(Z, p)
    for axis in (None, "a", (0, 1)):
        with pytest.raises(DataError, match="give the number of one axis"):
            lk.logits.logsumexp(Z, axis=axis)  # type: ignore[arg-type]


def test_sums_with_offsets_that_are_not_finite_are_refused() -> None:
    with pytest.raises(DataError, match="Sums of logits and offsets are not finite in row 0"):
        lk.logits.softmax([[1e308, 0.0]], offset=[1e308, 0.0])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: lk.logits.BinaryLoss(focus="a"), "focus="),  # type: ignore[arg-type]
        (lambda: lk.logits.BinaryLoss(event_weight=None), "event_weight="),  # type: ignore[arg-type]
        (lambda: lk.logits.CategoricalLoss(smoothing=None), "smoothing="),  # type: ignore[arg-type]
        (lambda: lk.logits.CategoricalLoss(class_weights="abc"), "class_weights must be real numbers"),
    ],
)
def test_options_of_losses_are_numbers(make: Any, told: str) -> None:
    with pytest.raises(DataError, match=told):
        make()
