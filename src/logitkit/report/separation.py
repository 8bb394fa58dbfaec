"""The warning of a fit whose maximum lies at infinity: what is infinite, and what is finite all the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.engine.facts import Limit
from logitkit.engine.record import FitRecord
from logitkit.report.cautions import complete_separation, finite_fit
from logitkit.report.number_format import format_integer
from logitkit.report.wording import name_list

__all__ = ["separation_warning"]

CONTRASTS_MOST = 2_000  # differences whose limit is looked for

REST_OF_TWO = (
    "These have no standard error, Wald interval or p-value; the other coefficients are those of the limiting model on "
    "the rows that overlap, as are the likelihood statistics."
)
REMEDIES_OF_TWO = ("merge or drop the level or column at fault", "gather more data")
REST_OF_SEVERAL = (
    "Infinite and undetermined coefficients have no standard error, Wald interval or p-value; the other coefficients "
    "are those of the limiting model, as are the likelihood statistics."
)
REMEDIES_OF_SEVERAL = ("merge outcomes or levels", "drop the column at fault", "gather more data")
REMEDIES_OF_PRIORS = (
    "The other coefficients are those of the limiting model, with the same priors. Remedies: give a prior to each of "
    "the columns that separate the outcomes, as penalty=lk.LogF(1) does, or fit with penalty=lk.Jeffreys()."
)


def separation_warning(record: FitRecord) -> Iterator[str]:
    """Say which coefficients are infinite or undetermined, and what remains."""
    if not record.is_separated:
        return
    infinite = [record.names[j] for j in np.flatnonzero(np.isinf(record.coef))]
    if record.separated_completely:
        yield complete_separation(infinite, finite_fit(record))
        return
    words = record.family.words
    unknown = [record.names[j] for j in np.setdiff1d(np.flatnonzero(np.isnan(record.coef)), record.aliased)]
    text = (_of_two if record.has_event else _of_several)(record.limit)
    if infinite:
        text += f" Infinite{'' if record.has_event else ' (outcome:term)'}: {name_list(infinite)}."
    if unknown:
        text += f" Undetermined (the directions of divergence disagree): {name_list(unknown)}."
    finite = _finite_contrasts(record) if words.compares else []
    if finite:
        text += (
            f" Finite nevertheless: {name_list(finite)}. fit.odds_ratios(outcome, against) gives them with standard "
            "errors, as does the model with one of these outcomes as its reference."
        )
    if record.adjustment is not None:
        yield f"{text} {REMEDIES_OF_PRIORS}"
        return
    rest, remedies = (REST_OF_TWO, REMEDIES_OF_TWO) if record.has_event else (REST_OF_SEVERAL, REMEDIES_OF_SEVERAL)
    penalty = finite_fit(record)
    *others, last = (*remedies, f"fit with {penalty}") if penalty else remedies
    yield f"{text} {rest} Remedies: {', '.join(others)}, or {last}."


def _of_two(limit: Limit) -> str:
    return (
        f"Separation: the maximum of the likelihood lies at infinity. Rows predicted perfectly: "
        f"{format_integer(limit.n_rows)}."
    )


def _of_several(limit: Limit) -> str:
    text = (
        "Separation: the maximum of the likelihood lies at infinity, where on some rows the probability of an outcome "
        "is 0. "
    )
    if limit.n_rows:
        return f"{text}Rows whose outcome is then certain: {format_integer(limit.n_rows)}."
    return f"{text}On every row at least two outcomes remain possible, so that none is certain."


def _finite_contrasts(record: FitRecord) -> list[str]:
    """Return the differences of two outcomes' coefficients that are finite though neither coefficient is."""
    aliased = np.zeros(record.coef.size, dtype=bool)
    aliased[record.aliased] = True
    moving = (~np.isfinite(record.coef) & ~aliased).reshape(len(record.modelled), -1)
    if moving.shape[0] * np.count_nonzero(moving) > CONTRASTS_MOST:
        return []
    from logitkit.inference.functions import contrast_functions, function_sides

    found = []
    for a in range(len(moving)):
        for b in range(a + 1, len(moving)):
            columns = np.flatnonzero(moving[a] & moving[b])
            if not columns.size:
                continue
            first, second = int(record.predictors.active[a]), int(record.predictors.active[b])
            sides = function_sides(record, contrast_functions(record, first, second, columns))
            one, other = record.modelled[a], record.modelled[b]
            names = [record.info.names[j] for j in columns[sides == 0.0]]
            found += [f"{one}:{name} - {other}:{name}" for name in names]
    return found
