"""Sums over the outcomes and weights of rows that a record holds; those of chunks add."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Self

import numpy as np

from logitkit.design.chunks.storable import storable
from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.models.form import Form
from logitkit.typing import FloatArray

__all__ = ["ResponseSums", "response_sums", "summed_outcomes", "summed_responses"]


@storable
@dataclass(frozen=True)
class ResponseSums:
    """Sums over rows.

    Parameters
    ----------
    totals : (K,) array
        Weighted number of trials of each outcome.
    total : float
        Weighted number of trials.
    n_obs : int
        Rows of positive weight; with frequency weights, the sum of the weights.
    n_trials : float
        Trials in rows of positive weight.
    constant : float
        Logarithms of the binomial or multinomial coefficients, by prior weight.
    saturated : float
        Loss of the saturated model.
    """

    totals: FloatArray
    total: float
    n_obs: int
    n_trials: float
    constant: float = 0.0
    saturated: float = 0.0

    def plus(self, other: Self) -> Self:
        """Return the sums over both."""
        return type(self)(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def response_sums(response: Response, family: Any) -> ResponseSums:
    """Return the sums over the rows of a response.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> sums = response_sums(Response(np.array([0.0, 1.0, 1.0])), Binomial())
    >>> sums.totals.tolist(), sums.plus(sums).n_obs
    ([1.0, 2.0], 6)
    """
    constant = saturated = 0.0
    if response.trials is not None:
        prior = 1.0 if response.prior is None else response.prior
        constant = float(np.sum(prior * family.log_constants(response)))
        saturated = float(response.weights @ family.saturated_losses(response))
    return ResponseSums(response.totals, response.total, response.n_obs, response.n_trials, constant, saturated)


def summed_responses(design: Design, form: Form) -> ResponseSums:
    """Return the sums of outcomes and weights over all rows."""
    return summed_outcomes(design, form.family)


def summed_outcomes(design: Design, family: Any) -> ResponseSums:
    """Return the sums of outcomes and weights over all rows, by the family that they are outcomes of."""
    if design.stream is None:
        return response_sums(design.response, family)
    key = f"outcomes of {family!r}"
    if key not in design.stream.kept:
        design.stream.kept[key] = design.reduce(partial(_of_chunk, family), ResponseSums.plus)
    found: ResponseSums = design.stream.kept[key]
    return found


def _of_chunk(family: Any, chunk: Design) -> ResponseSums:
    return response_sums(chunk.response, family)
