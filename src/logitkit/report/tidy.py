"""Results as data frames with fixed columns: a row a coefficient, a row a model, a row an observation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.facts import PenaltyFacts
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.conditioning import conditioning
from logitkit.inference.fit_statistics import FitStatistics, explained_share, fit_statistics
from logitkit.inference.likelihood_ratio import null_test
from logitkit.inference.linear_predictors import linear_predictors
from logitkit.inference.odds_ratios import OddsRatios
from logitkit.inference.penalised import has_posterior, posterior_condition
from logitkit.inference.prediction import Predictions, predictions
from logitkit.inference.sample import is_sample, known_sides
from logitkit.inference.wald import coefficient_estimates
from logitkit.options import require_flag
from logitkit.report.frames import ResultFrame

__all__ = [
    "absorbed_frame",
    "augment_frame",
    "confint_frame",
    "glance_frame",
    "odds_ratio_frame",
    "posterior_named",
    "predictions_frame",
    "ratio_named",
    "tidy_frame",
]


def tidy_frame(record: FitRecord, level: float | None = None, *, nonzero: bool = False) -> pd.DataFrame:
    """Return a row a coefficient: term, estimate, std_error, statistic, p_value, conf_low, conf_high."""
    table = coefficient_estimates(record, level)
    found = pd.DataFrame(
        {
            "term": list(record.names),
            "estimate": table.estimate,
            "std_error": table.std_error,
            "statistic": table.statistic,
            "p_value": table.p_value,
            "conf_low": table.low,
            "conf_high": table.high,
        }
    )
    require_flag("nonzero", nonzero)
    return ResultFrame(posterior_named(found[found["estimate"] != 0.0] if nonzero else found, record))


def posterior_named(frame: pd.DataFrame, record: FitRecord) -> pd.DataFrame:
    """Return a table whose columns say that errors and intervals are of a posterior, where they are."""
    if record.penalty is not None and has_posterior(record):
        posterior = f"posterior, {posterior_condition(record.penalty)}"
        frame.columns.name = f"{posterior}; {frame.columns.name}" if frame.columns.name is not None else posterior
    return frame


def ratio_named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table of ratios whose columns say why some have no unit."""
    if frame["unit"].isna().any():
        frame.columns.name = "no ratio where a column cannot change alone"
    return frame


def confint_frame(record: FitRecord, level: float | None = None) -> pd.DataFrame:
    """Return Wald intervals, a row a coefficient: conf_low, conf_high."""
    table = coefficient_estimates(record, level)
    found = pd.DataFrame({"conf_low": table.low, "conf_high": table.high}, index=pd.Index(record.names, name="term"))
    return ResultFrame(posterior_named(found, record))


def absorbed_frame(record: FitRecord) -> pd.DataFrame | None:
    """Return a row a level of an absorbed factor: level, rows, intercept; None where no factor is absorbed."""
    absorbed = record.info.absorbed
    if absorbed is None:
        return None
    return pd.DataFrame({"level": absorbed.levels, "rows": absorbed.rows, "intercept": absorbed.intercepts})


def r_squared_series(statistics: FitStatistics) -> pd.Series:
    """Return the coefficients of determination by name."""
    return pd.Series(
        {name: getattr(statistics, name) for name in ("mcfadden", "cox_snell", "nagelkerke", "tjur")},
        name="r_squared",
    )


def odds_ratio_frame(result: OddsRatios) -> pd.DataFrame:
    """Return a row a coefficient but the intercept: unit, odds_ratio, std_error, conf_low, conf_high, p_value."""
    frame = ResultFrame(
        {
            "unit": result.units,
            "odds_ratio": result.estimate,
            "std_error": result.std_error,
            "conf_low": result.low,
            "conf_high": result.high,
            "p_value": result.p_value,
        },
        index=pd.Index(result.terms, name="term"),
    )
    return ratio_named(frame)


def glance_frame(record: FitRecord) -> pd.DataFrame:
    """Return one row with the statistics of the whole fit; missing where the likelihood is withheld.

    After a penalty ``n_params`` is the number of coefficients that are not zero, tests and information criteria are
    missing, and further columns tell of the penalty.
    """
    row: dict[str, Any] = {"n_obs": record.n_obs, "n_params": record.n_params, "dof_residual": record.dof_residual}
    row |= {"events": record.events} | likelihood_row(record) | {"tjur": fit_statistics(record).tjur}
    row |= {"converged": record.converged, "status": record.status.value}
    row |= {"condition_number": conditioning(record).number}
    if record.penalty is not None:
        row |= _penalty_row(record, record.penalty)
    return ResultFrame([row])


def likelihood_row(record: FitRecord) -> dict[str, Any]:
    """Return likelihoods, their test, information criteria and shares explained; missing where withheld."""
    statistics = fit_statistics(record)
    row: dict[str, Any] = {
        "loglik": record.loglik,
        "null_loglik": record.null_loglik,
        "deviance": record.deviance,
        "null_deviance": record.null_deviance,
    }
    if record.has_likelihood:
        test = null_test(record)
        row |= {"lr_statistic": test.statistic, "lr_dof": test.dof, "lr_p_value": test.p_value}
    else:
        if not record.has_deviance:
            row |= dict.fromkeys(row, np.nan)
        row |= {"lr_statistic": np.nan, "lr_dof": 0, "lr_p_value": np.nan}
    names = ("aic", "bic", "mcfadden", "cox_snell", "nagelkerke")
    return row | {name: getattr(statistics, name) for name in names}


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


def predictions_frame(result: Predictions, kept: Any, index: Any) -> pd.DataFrame:
    """Return predictions of one outcome with standard errors and intervals, one row per row of the table."""
    columns = {
        "estimate": result.probability,
        "std_error": result.std_error,
        "conf_low": result.low,
        "conf_high": result.high,
        "logit": result.log_odds,
        "logit_std_error": result.log_odds_error,
    }
    return ResultFrame({name: scatter(values[0], kept) for name, values in columns.items()}, index=index)


def augment_frame(record: FitRecord, design: Design) -> pd.DataFrame:
    """Return a row an observation: outcome, fitted probability, logit, residuals, leverage, Cook's distance."""
    from logitkit.diagnostics.influence import influence
    from logitkit.diagnostics.residuals import residuals

    sides = known_sides(record, design)
    offset, levels = design.response.offset, design.level_codes
    try:
        fitted = predictions(record, design.matrix, offset, sides=sides, levels=levels, outcomes=[1])
        logit, probability, std_error = fitted.log_odds[0], fitted.probability[0], fitted.std_error[0]
    except UnsupportedError:  # where a factor is absorbed, or after a penalty, there may be none
        logit = linear_predictors(record, design.matrix, offset, sides, levels)[0]
        probability, std_error = record.family.mean(logit), np.full(design.n_rows, np.nan)
    measured = np.full((2, design.n_rows), np.nan)  # other rows have no influence on the fit
    if record.penalty is None and is_sample(record, design):
        found = influence(record, design)
        measured = np.stack([found.leverage, found.cooks_distance])
    frame = ResultFrame(
        {
            "y": np.where(design.response.untried, np.nan, design.response.y),
            "fitted": probability,
            "std_error": std_error,
            "logit": logit,
            "residual": residuals(record, design, "response"),
            "pearson_residual": residuals(record, design, "pearson"),
            "deviance_residual": residuals(record, design, "deviance"),
            "leverage": measured[0],
            "cooks_distance": measured[1],
        },
        index=row_labels(design),
    )
    return posterior_named(frame, record)


def row_labels(design: Design) -> Any:
    """Return the table's own labels of the rows used, or their positions."""
    return pd.Index(design.positions) if design.index is None else design.index[design.positions]


def scatter(values: Any, kept: Any) -> Any:
    """Return values at the rows kept and nan at the others."""
    out = np.full(kept.shape, np.nan)
    out[kept] = values
    return out
