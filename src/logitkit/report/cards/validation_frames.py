"""Tables of the validation of scorecards as data frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from logitkit.scorecard.validation.bands import Bands
from logitkit.scorecard.validation.by_grade import GradeCalibration
from logitkit.scorecard.validation.grades import Grades
from logitkit.scorecard.validation.samples import Validation

__all__ = ["bands_frame", "changes_frame", "grade_calibration_frame", "grades_frame", "samples_frame"]


def samples_frame(found: Validation) -> pd.DataFrame:
    """Return one row per sample."""
    rows = {
        sample.name: {
            "rows": sample.n,
            "bads": sample.n_bad,
            "left_out": sample.n_left_out,
            "bad_rate": sample.n_bad / sample.n,
            "expected_rate": sample.expected / sample.n,
            "gini": sample.gini,
            "gini_std_error": sample.gini_error,
            "gini_low": sample.gini_low,
            "gini_high": sample.gini_high,
            "ks": sample.ks,
            "ks_low": sample.ks_low,
            "ks_high": sample.ks_high,
            "ks_points": sample.ks_points,
            "ks_p_value": sample.ks_p_value,
        }
        for sample in found.samples
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("sample")


def changes_frame(found: Validation) -> pd.DataFrame:
    """Return one row per sample after the first."""
    rows = [
        (one.name, one.reference, one.change, one.std_error, one.p_value, one.low, one.high) for one in found.changes
    ]
    names = ["sample", "reference", "estimate", "std_error", "p_value", "conf_low", "conf_high"]
    return pd.DataFrame(rows, columns=names).set_index("sample")


def bands_frame(found: Bands) -> pd.DataFrame:
    """Return one row per band, numbered from 1, the riskiest."""
    columns = {
        "label": list(found.labels),
        "rows": found.rows,
        "share": found.rows / found.rows.sum(),
        "goods": found.good,
        "bads": found.bad,
        "bad_rate": found.rate,
        "bad_rate_low": found.rate_low,
        "bad_rate_high": found.rate_high,
        "expected_rate": found.expected,
        "mean_points": found.mean_points,
        "odds": found.odds,
        "cumulative_share": np.cumsum(found.rows) / found.rows.sum(),
        "cumulative_goods": found.cumulative_good,
        "cumulative_bads": found.cumulative_bad,
        "ks": found.distance,
    }
    return pd.DataFrame(columns, index=pd.Index(np.arange(1, found.rows.size + 1), name="band"))


def grade_calibration_frame(found: GradeCalibration) -> pd.DataFrame:
    """Return one row per grade, and one of the portfolio."""
    columns = {
        "rows": found.n,
        "bads": found.bad,
        "pd": found.pd,
        "bad_rate": found.rate,
        "bad_rate_low": found.rate_low,
        "bad_rate_high": found.rate_high,
        "binomial": found.binomial,
        "jeffreys": found.jeffreys,
        "light": list(found.lights),
        "binomial_correlated": found.binomial_correlated,
        "jeffreys_correlated": found.jeffreys_correlated,
        "vasicek_limit": found.limit,
        "light_correlated": list(found.lights_correlated),
    }
    return pd.DataFrame(columns, index=pd.Index(found.labels, name="grade"))


def grades_frame(found: Grades) -> pd.DataFrame:
    """Return one row per grade, numbered from 1, the riskiest."""
    columns = {
        "label": list(found.labels),
        "rows": found.n,
        "share": found.n / found.n.sum(),
        "bads": found.bad,
        "bad_rate": found.rate,
        "best_estimate": found.best,
    }
    if found.margin is not None:
        columns |= {
            "margin_a": found.margin.data,
            "margin_b": found.margin.changes,
            "margin_c": found.margin.estimation,
        }
    columns["pd"] = found.pd
    return pd.DataFrame(columns, index=pd.Index(np.arange(1, found.n.size + 1), name="grade"))
