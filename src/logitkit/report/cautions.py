"""What the coefficients of a fit do not say: under complete separation, of nearly collinear or entangled columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from logitkit.inference.changes import entangled_terms
from logitkit.report.wording import name_list

if TYPE_CHECKING:
    from logitkit.design.info import DesignInfo
    from logitkit.inference.conditioning import Conditioning

__all__ = ["complete_separation", "nearly_collinear", "no_ratio"]

PERFECT = (
    "A log-likelihood of 0 says no more than that: AIC, BIC, R2 and likelihood-ratio tests are withheld, and an area "
    "under the curve of 1, residuals of 0 and perfect calibration on these rows say nothing about other rows."
)


def complete_separation(infinite: Sequence[str]) -> str:
    """Return the warning where every row is fitted perfectly in the limit.

    Parameters
    ----------
    infinite : sequence of str
        Coefficients whose infinity has a sign.

    Returns
    -------
    str
        One paragraph.

    Examples
    --------
    >>> complete_separation(["x"])[:64]
    'Complete separation: some combination of the columns predicts th'
    """
    text = (
        "Complete separation: some combination of the columns predicts the outcome of every row, so that the maximum "
        "of the likelihood lies at infinity and no coefficient has a finite estimate, standard error or test."
    )
    if infinite:
        text += f" Infinite, with a sign that is certain: {name_list(infinite)}."
    return (
        f"{text} {PERFECT} With many columns for the number of rows, it happens by chance. "
        "Remedies: fewer columns, more data, or a penalty, such as penalty=lk.Ridge(0.01), whose estimates are finite."
    )


def nearly_collinear(found: Conditioning) -> tuple[str, ...]:
    """Return a warning where the columns of a fit all but determine one another.

    Parameters
    ----------
    found : Conditioning
        Of the fit.

    Returns
    -------
    tuple of str
        One paragraph or none.

    Examples
    --------
    >>> from logitkit.inference.conditioning import Conditioning
    >>> nearly_collinear(Conditioning(4e4, ("x", "z"), 2e4, False))[0][:55]
    'Nearly collinear (condition number 4.0e+04): x, z. One '
    """
    if not found.columns:
        return ()
    text = (
        f"Nearly collinear (condition number {found.number:.1e}): {name_list(found.columns)}. One of them "
        f"keeps only about {1.0 / found.inflation:.0e} of its spread once the others are given. Its coefficient and "
        "standard error rest on that remainder alone, and rounding of the data may decide them. "
    )
    if found.computed:
        return (text + "Powers and products of centred variables are less collinear, and so is poly(x, degree).",)
    return (text + "Leave out one of the columns, or combine them.",)


def no_ratio(info: DesignInfo, ratio: str) -> tuple[str, ...]:
    """Return a note on the columns that cannot change alone, so that no ratio belongs to their coefficients.

    Parameters
    ----------
    info : DesignInfo
        Of the fit.
    ratio : str
        What the exponential of a coefficient is called.

    Returns
    -------
    tuple of str
        One sentence for each group of such columns.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + I(lwt**2)", lk.datasets.load_lbw())
    >>> no_ratio(fit.record.info, "odds ratio")[0][:60]
    'No odds ratio for columns of lwt, I(lwt ** 2): one of them c'
    """
    return tuple(
        f"No {ratio} for columns of {name_list(group.terms)}: one of them cannot change while the others stay. "
        f"Compare fit.predictions(data) at values of {', '.join(group.variables)}."
        for group in entangled_terms(info)
    )
