"""Coefficients, ratios and statistics of the whole fit as data frames with fixed columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from logitkit.engine.facts import PenaltyFacts
from logitkit.engine.record import FitRecord
from logitkit.inference.conditioning import conditioning
from logitkit.inference.fit_statistics import FitStatistics, corrected_aic, explained_share, fit_statistics
from logitkit.inference.hypotheses.likelihood_ratio import null_test
from logitkit.inference.hypotheses.wald import coefficient_estimates
from logitkit.inference.penalised.posterior import has_posterior, posterior_condition
from logitkit.options import require_flag
from logitkit.report.frames.shown import ResultFrame
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.inference.intervals.simultaneous import Adjustment
    from logitkit.inference.ratios import OddsRatios

__all__ = [
    "absorbed_frame",
    "coefficient_frame",
    "coefficient_index",
    "confint_frame",
    "glance_frame",
    "odds_ratio_frame",
    "posterior_named",
    "r_squared_series",
    "ratio_named",
    "tidy_frame",
]


def tidy_frame(
    record: FitRecord, level: float | None = None, *, nonzero: bool = False, adjust: Adjustment | None = None
) -> pd.DataFrame:
    """Return one row per coefficient: term, estimate, std_error, statistic, p_value, conf_low, conf_high.

    Models of several equations have a first column that says which equation the coefficient is of.
    """
    require_flag("nonzero", nonzero)
    table = coefficient_estimates(record, level)
    if adjust is not None:
        from logitkit.inference.intervals.adjusted import ADJUSTMENTS, adjusted_coefficients

        table = adjusted_coefficients(record, table, adjust)
    found = pd.DataFrame(
        {
            **_labels(record),
            "estimate": table.estimate,
            "std_error": table.std_error,
            "statistic": table.statistic,
            "p_value": table.p_value,
            "conf_low": table.low,
            "conf_high": table.high,
        }
    )
    found = found[found["estimate"] != 0.0] if nonzero else found
    if adjust is not None:
        found.columns.name = f"p-values adjusted: {ADJUSTMENTS[adjust]}"
    return ResultFrame(posterior_named(found, record))


def coefficient_index(record: FitRecord) -> pd.Index:
    """Return the labels of a table with one row per coefficient."""
    labels = _labels(record)
    if len(labels) == 1:
        return pd.Index(labels["term"], name="term")
    return pd.MultiIndex.from_arrays(list(labels.values()), names=list(labels))


def _labels(record: FitRecord) -> dict[str, list[str]]:
    """Return the term of each coefficient, and before it the equation where there are several."""
    terms, equations = [""] * record.coef.size, [""] * record.coef.size
    for one in record.equations:
        for column, place in zip(one.columns, one.places, strict=True):
            terms[place], equations[place] = record.info.names[column], one.label
    kind = record.family.words.equation
    return {kind: equations, "term": terms} if kind else {"term": terms}


def coefficient_frame(record: FitRecord, values: FloatArray) -> pd.DataFrame:
    """Return one row per term and one column per equation; missing where an equation does not have the term."""
    table = np.full((len(record.info.names), len(record.equations)), np.nan)
    for k, one in enumerate(record.equations):
        table[one.columns, k] = values[one.places]
    columns = pd.Index([one.label for one in record.equations], name=record.family.words.equation)
    return pd.DataFrame(table, pd.Index(record.info.names, name="term"), columns)


def posterior_named(frame: pd.DataFrame, record: FitRecord) -> pd.DataFrame:
    """Return a table whose columns say that errors and intervals are of a posterior, where they are."""
    if record.penalty is not None and has_posterior(record):
        posterior = f"posterior, {posterior_condition(record.penalty)}"
        frame.columns.name = f"{posterior}; {frame.columns.name}" if frame.columns.name is not None else posterior
    return frame


def ratio_named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table of ratios whose columns say why some have no unit."""
    if frame["unit"].isna().any():
        why = "no ratio where a column cannot change alone"
        frame.columns.name = why if frame.columns.name is None else f"{frame.columns.name}; {why}"
    return frame


def confint_frame(record: FitRecord, level: float | None = None) -> pd.DataFrame:
    """Return Wald intervals, one row per coefficient: conf_low, conf_high."""
    table = coefficient_estimates(record, level)
    found = pd.DataFrame({"conf_low": table.low, "conf_high": table.high}, index=coefficient_index(record))
    return ResultFrame(posterior_named(found, record))


def absorbed_frame(record: FitRecord) -> pd.DataFrame | None:
    """Return one row per level of an absorbed factor: level, rows, intercept; None where no factor is absorbed."""
    columns = record.nuisance.estimates
    return pd.DataFrame(columns) if columns else None


def r_squared_series(statistics: FitStatistics) -> pd.Series:
    """Return the coefficients of determination by name."""
    return pd.Series(
        {name: getattr(statistics, name) for name in ("mcfadden", "cox_snell", "nagelkerke", "tjur")},
        name="r_squared",
    )


def odds_ratio_frame(result: OddsRatios, record: FitRecord, label: str = "") -> pd.DataFrame:
    """Return one row per ratio: unit, odds_ratio (or hazard_ratio), std_error, conf_low, conf_high, p_value.

    Of several outcomes they are relative risk ratios, by outcome and term, with the outcome that each is against. The
    label says how the intervals were made, where they are not Wald's.
    """
    several = {"against": result.against} if result.against else {}
    ratio = record.family.words.ratio
    column = "odds_ratio" if ratio is None or result.against else ratio.name.replace(" ", "_")
    frame = ResultFrame(
        several
        | {
            "unit": result.units,
            column: result.estimate,
            "std_error": result.std_error,
            "conf_low": result.low,
            "conf_high": result.high,
            "p_value": result.p_value,
        },
        index=pd.MultiIndex.from_arrays(
            [result.outcomes, result.terms], names=[record.family.words.equation or "outcome", "term"]
        )
        if result.outcomes
        else pd.Index(result.terms, name="term"),
    )
    if result.against:
        frame.columns.name = "relative risk ratios"
    if label:
        frame.columns.name = f"{frame.columns.name}; intervals: {label}" if result.against else f"intervals: {label}"
    return posterior_named(ratio_named(frame), record)


def glance_frame(record: FitRecord) -> pd.DataFrame:
    """Return one row with the statistics of the whole fit; missing where the likelihood is withheld.

    After a penalty ``n_params`` is the number of coefficients that are not zero, tests and information criteria are
    missing, and further columns tell of the penalty.
    """
    has_event = record.has_event
    row: dict[str, Any] = {"n_obs": record.n_obs, "n_params": record.n_params, "dof_residual": record.dof_residual}
    row |= {"events": record.events} if has_event else {"n_outcomes": len(record.outcomes)}
    row |= _likelihood_row(record)
    if has_event:
        row["tjur"] = fit_statistics(record).tjur
    row |= {"converged": record.converged, "status": record.status.value}
    row |= {"condition_number": conditioning(record).number}
    if record.adjustment is not None:
        row |= {"bias_reduction": record.adjustment.stated.words, "penalised_loglik": record.adjustment.value}
    if record.penalty is not None:
        row |= _penalty_row(record, record.penalty)
    if record.read is not None:
        read = record.read
        row |= {"passes": read.passes, "rows_read": read.n_rows, "bytes_read": read.n_bytes}
        row |= {"bytes_from_memory": read.n_kept}
    return ResultFrame([row])


def _likelihood_row(record: FitRecord) -> dict[str, Any]:
    """Return likelihoods, their test, information criteria and proportions explained; missing where withheld."""
    statistics = fit_statistics(record)
    row: dict[str, Any] = {
        "loglik": record.loglik,
        "null_loglik": record.null_loglik,
        "deviance": record.deviance,
        "null_deviance": record.null_deviance,
    }
    if record.has_ratios:
        test = null_test(record)
        row |= {"lr_statistic": test.statistic, "lr_dof": test.dof, "lr_p_value": test.p_value}
    else:
        if not record.has_deviance:
            row |= dict.fromkeys(row, np.nan)
        row |= {"lr_statistic": np.nan, "lr_dof": 0, "lr_p_value": np.nan}
    row |= {"aic": statistics.aic, "aicc": corrected_aic(record), "bic": statistics.bic}
    return row | {name: getattr(statistics, name) for name in ("mcfadden", "cox_snell", "nagelkerke")}


def _penalty_row(record: FitRecord, facts: PenaltyFacts) -> dict[str, Any]:
    """Return what ``glance`` says of a penalty; the strength is missing where parts have several, or none."""
    strengths = {strength for _, strength in facts.strengths}
    return {
        "penalty": facts.words,
        "strength": strengths.pop() if len(strengths) == 1 else np.nan,
        "chosen": facts.chosen,
        "n_nonzero": facts.n_nonzero,
        "dof": facts.dof,
        "deviance_ratio": explained_share(record),
        "gap": facts.gap,
    }
