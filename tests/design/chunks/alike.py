"""Results of rows that are read in chunks beside those of rows that are held."""

from __future__ import annotations

import dataclasses

import numpy as np

import logitkit as lk


def without_vectors(fit: lk.Fit) -> lk.Fit:
    """Return the fit to a source, which from now on may hold no number per row."""
    fit.design.response.__dict__.pop("_whole", None)
    object.__setattr__(fit.design.stream, "memory", 1_000)
    return fit


def equal(one: object, other: object, skip: tuple[str, ...] = (), rtol: float = 1e-10) -> None:
    """Compare two results field by field."""
    assert dataclasses.is_dataclass(one)
    for field in dataclasses.fields(one):
        if field.name in skip:
            continue
        here, there = getattr(one, field.name), getattr(other, field.name)
        if dataclasses.is_dataclass(here):
            equal(here, there, skip, rtol)
        elif isinstance(here, (float, np.ndarray)):
            np.testing.assert_allclose(there, here, rtol=rtol, atol=1e-12, err_msg=field.name)
        elif isinstance(here, dict):
            for name in here:
                equal(here[name], there[name], skip, rtol)
        elif isinstance(here, tuple) and here and dataclasses.is_dataclass(here[0]):
            for each, its in zip(here, there, strict=True):
                equal(each, its, skip, rtol)
        else:
            assert there == here, field.name
