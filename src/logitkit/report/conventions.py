"""Whose conventions a fit follows, and which of their answers act in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from logitkit.engine.record import FitRecord
from logitkit.models.conventions import Conventions

if TYPE_CHECKING:
    from logitkit.inference.by import GroupedRecord

__all__ = ["convention_note", "grouped_convention_note"]


def convention_note(record: FitRecord) -> Iterator[str]:
    """Say whose conventions were asked for, and what is different by them in this fit."""
    yield from _said(record.conventions, lambda question: _acts(question, record))


def grouped_convention_note(record: GroupedRecord) -> Iterator[str]:
    """Say the same of the fits of many groups, whose errors are those of the model or have no convention."""
    info, family = record.info, record.family
    arises = {
        "binary_information": family.expected != family.exact,
        "event": info.response.kind == "binary",
        "factors": info.coding is not None and bool(info.coding.deviations),
        "hosmer_lemeshow": True,
    }
    yield from _said(record.conventions, lambda question: arises.get(question, False))
    if record.conventions.event != "second" and arises["event"]:
        yield f"Event: {info.response.name} = {info.response.event} (against {info.response.nonevent})."


def _said(chosen: Conventions, acts: Callable[[str], bool]) -> Iterator[str]:
    if chosen.name != "logitkit":
        acting = [chosen.said(question) for question in chosen.differing if acts(question)]
        yield f"Conventions of {chosen.title}: {'; '.join(acting) or 'nothing differs here from those of logitkit'}."


def _acts(question: str, record: FitRecord) -> bool:
    """Tell whether a question arises in a fit."""
    words, kind, coding = record.family.words, record.covariance.kind, record.info.coding
    plain, replicated = not record.is_penalised, kind == "survey" and record.covariance.label.startswith("replicate")
    informed = plain and record.family.expected != record.family.exact
    arises: dict[str, bool] = {
        "binary_information": informed and record.has_event,
        "ordered_information": informed and words.ordered,
        "event": record.has_event and not words.quasi and record.info.response.kind == "binary",
        "reference": plain and words.compares,
        "factors": coding is not None and bool(coding.deviations),
        "direction": words.ordered,
        "parallel_information": informed and words.ordered,
        "hosmer_lemeshow": not words.quasi,
        "bic_n": plain and record.n_trials != record.n_obs,
        "counts_parameters": kind in ("cluster", "sampling")
        or (kind == "survey" and bool(record.covariance.correction)),
        "cluster_dof": kind == "cluster",
        "sampling_dof": kind == "sampling",
        "survey_dof": kind == "survey",
        "replicates_about": replicated,
        "replicates_dof": replicated,
        "dispersion_by_t": kind == "dispersion",
    }
    return arises[question]
