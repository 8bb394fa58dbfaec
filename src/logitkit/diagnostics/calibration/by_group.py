"""Calibration of a fit in each group of some rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.calibration.curve import Calibration, calibration
from logitkit.diagnostics.calibration.groups import CalibrationGroups, homogeneity
from logitkit.diagnostics.calibration.smooth import CurveKind
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError

__all__ = ["with_groups"]


def with_groups(
    result: Calibration, record: FitRecord, design: Design, values: Any, name: str, curve: CurveKind = "lowess"
) -> Calibration:
    """Return a calibration result with the calibration of each group of rows added.

    Parameters
    ----------
    result : Calibration
        Calibration of all rows.
    record : FitRecord
        The fit.
    design : Design
        The rows.
    values : (n,) array
        Group of each row.
    name : str
        Name of the grouping variable.
    curve : {'lowess', 'loess', 'spline'}
        Smoother for the curve of each group.

    Returns
    -------
    Calibration
        The result with ``groups`` filled in.

    Raises
    ------
    UnsupportedError
        If the model has several outcomes.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ age + lwt", births)
    >>> found = with_groups(fit.calibration(), fit.record, fit.design, births["smoke"], "smoke").groups
    >>> found.names, found.n.tolist()
    (('0', '1'), [115.0, 74.0])
    """
    if not result.of_event:
        raise UnsupportedError(
            "Calibration by group is of an event: look at the rows of one group at a time, fit.calibration(data)."
        )
    names, codes = np.unique(np.asarray(values), return_inverse=True)
    each = [
        calibration(record, design.take(np.flatnonzero(codes == g)), curve=curve, reference=0, own=result.in_sample)
        for g in range(names.size)
    ]
    of = {
        name: np.array([getattr(one, name) for one in each], dtype=np.float64)
        for name in (
            *("observed", "expected", "ratio", "brier"),
            *("intercept", "intercept_std_error", "slope", "slope_std_error"),
        )
    }
    return replace(
        result,
        groups=CalibrationGroups(
            name,
            tuple(str(each) for each in names.tolist()),
            n=np.array([one.tables[0].n.sum() for one in each]),
            ici=np.array([one.curve.ici for one in each]),
            intercepts=homogeneity(of["intercept"], of["intercept_std_error"]),
            slopes=homogeneity(of["slope"], of["slope_std_error"]),
            **of,
        ),
    )
