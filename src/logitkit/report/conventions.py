"""Whose conventions a fit follows, and which of their answers act in it."""

from __future__ import annotations

from collections.abc import Iterator

from logitkit.engine.record import FitRecord

__all__ = ["convention_note"]


def convention_note(record: FitRecord) -> Iterator[str]:
    """Say whose conventions were asked for, and what is different by them in this fit."""
    chosen = record.conventions
    if chosen.name != "logitkit":
        acting = [chosen.said(question) for question in chosen.differing if _acts(question, record)]
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
