"""The public function that pools fits to multiply imputed tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

from logitkit.errors import DataError
from logitkit.results.fit import Fit
from logitkit.results.foreign import in_our_words
from logitkit.results.pooled.pooled_fit import PooledFit

__all__ = ["pool"]


@in_our_words
def pool(fits: Sequence[Fit], dof_complete: float | None = None) -> PooledFit:
    """Pool fits of one model to multiply imputed tables by Rubin's rules.

    The tables are imputed with other software, and each is fitted as if it had been complete.

    Parameters
    ----------
    fits : sequence of Fit
        At least two fits of the same model, to tables that differ only in imputed values.
    dof_complete : float, optional
        Degrees of freedom of a fit to complete data, ``math.inf`` for a large sample. Default: observations minus
        coefficients.

    Returns
    -------
    PooledFit
        Coefficients, odds ratios, tests, effects, predictions and measures, with the fraction of missing information.

    Raises
    ------
    DataError
        If models, levels or numbers of rows differ between the fits.
    SeparationError
        If the estimates of a fit are infinite.

    References
    ----------
    Rubin, D. B. (1987) Multiple Imputation for Nonresponse in Surveys. Wiley.
    Barnard, J. and Rubin, D. B. (1999) Small-sample degrees of freedom with multiple imputation. Biometrika 86,
    948-955.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> tables = [births.assign(lwt=births["lwt"].where(births.index % 7 > 0, 120 + 5 * k)) for k in range(5)]
    >>> pooled = lk.pool([lk.logit("low ~ lwt + smoke", table) for table in tables])
    >>> pooled.n_imputations, pooled.tidy().columns[-2:].tolist()
    (5, ['fmi', 'efficiency'])
    """
    found = list(fits)
    for place, each in enumerate(found, start=1):
        if not isinstance(each, Fit):
            raise DataError(f"Number {place} of the fits to be pooled is a {type(each).__name__}, and no fit.")
    if dof_complete is not None and not (isinstance(dof_complete, (int, float)) and dof_complete > 0.0):
        raise DataError(f"dof_complete={dof_complete!r:.60} must be a positive number, or {math.inf}.")
    return PooledFit(found, None if dof_complete is None else float(dof_complete))
