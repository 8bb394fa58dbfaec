"""The numbers of a report for programs: unrounded, as JSON, with what the page says beside them."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from logitkit.errors import LogitkitError
from logitkit.inference.hypotheses.wald import coefficient_estimates
from logitkit.report.document import Document
from logitkit.report.formats.json_document import render_json
from logitkit.report.pages.judged import Judged
from logitkit.report.pages.trust import verdicts
from logitkit.report.provenance import fitting_call, library_versions

__all__ = ["numbers_of_report"]

LENGTH_MOST = 200  # numbers of an array, and coefficients: those of rows and of very many levels are not in a page


def numbers_of_report(made: Judged, document: Document, validation: object = None) -> str:
    """Return the numbers of a report as JSON.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> found = json.loads(numbers_of_report(Judged(fit.record, fit.design), Document("Births")))
    >>> found["coefficients"][1]["estimate"] == float(fit.coef["age"])
    True
    """
    record = made.fit
    every = coefficient_estimates(record)
    names = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")
    values = (every.estimate, every.std_error, every.statistic, every.p_value, every.low, every.high)
    coefficients = [
        {"term": term, **dict(zip(names, map(_plain, one), strict=True))}
        for term, *one in zip(record.names, *values, strict=True)
    ]
    likelihood = record.has_likelihood
    content = {
        "format": "logitkit report",
        "format_version": 1,
        "formula": record.info.formula,
        "call": fitting_call(record),
        "versions": library_versions(),
        "n_obs": _plain(record.n_obs),
        "outcomes": dict(zip(map(str, record.outcomes), map(_plain, record.totals), strict=True)),
        "loglik": _plain(record.loglik) if likelihood else None,
        "level": record.level,
        "coefficients": coefficients if len(coefficients) <= LENGTH_MOST else None,
        "rows_of_the_fit": made.own,
        "discrimination": _result(made.discrimination),
        "calibration": _result(made.calibration),
        "hosmer_lemeshow": None if record.is_penalised else _result(made.hosmer_lemeshow),
        "goodness_of_fit": _result(made.goodness),
        "validation": _result(validation),
        "findings": [verdict._asdict() for verdict in verdicts(made)],
        "page": json.loads(render_json(document)),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _result(result: Any) -> Any:
    """Return the numbers of a result; of one that there is not, why."""
    if isinstance(result, LogitkitError):
        return {"why_not": str(result)}
    return _plain(result)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: what is not finite as null, long arrays left out."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.ndarray):
        return None if value.size > LENGTH_MOST else _plain(value.tolist())
    named = _named(value)
    if named is not None:
        return {name: _plain(each) for name, each in named.items()}
    if isinstance(value, (list, tuple)):
        return None if len(value) > LENGTH_MOST else [_plain(each) for each in value]
    return str(value)


def _named(value: Any) -> dict[str, Any] | None:
    """Return the parts of a result by name, None where they have no names."""
    if isinstance(value, dict):
        return {str(name): each for name, each in value.items()}
    if is_dataclass(value):
        return {part.name: getattr(value, part.name) for part in fields(value) if not part.name.startswith("_")}
    return value._asdict() if hasattr(value, "_asdict") else None
