"""What the coefficients of a fit do not say: under complete separation, of nearly collinear or entangled columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logitkit.engine.law import NORMAL, Law
from logitkit.inference.changes import entangled_terms
from logitkit.inference.hypotheses.wald import WaldTest
from logitkit.report.number_format import format_integer, format_number, format_p
from logitkit.report.wording import counted, name_list

if TYPE_CHECKING:
    from logitkit.design.info import DesignInfo
    from logitkit.engine.record import FitRecord
    from logitkit.inference.conditioning import Conditioning
    from logitkit.inference.hypotheses.chi_square import ChiSquareTests
    from logitkit.inference.hypotheses.equivalence import Equivalence

__all__ = [
    "NOTHING_TO_JUDGE",
    "complete_separation",
    "few_clusters",
    "few_clusters_tested",
    "finite_fit",
    "many_columns",
    "nearly_collinear",
    "no_ratio",
]

LEAST_SLOPES = 2  # of one slope the theory of many has nothing to say
MANY_COLUMNS = 0.05  # slopes a row: Sur and Candes (2019), PNAS 116, 14516-14525, have bias from about there
TRIALS = ("grouped", "counts")  # responses of which a row is several
FEW_CLUSTERS = 40  # Cameron and Miller (2015), Journal of Human Resources 50, 317-372: from 20 to 50 are few

PERFECT = (
    "The log-likelihood is 0 for this reason alone: AIC, BIC, R2 and likelihood-ratio tests are withheld, and an area "
    "under the curve of 1, residuals of 0 and perfect calibration on these rows say nothing about other rows."
)


NOTHING_TO_JUDGE = (
    "Omitted: every row is fitted perfectly (complete separation), so areas under curves, accuracies and calibration "
    "are perfect on the rows of the fit, whatever the columns, and say nothing about other rows."
)


def finite_fit(record: FitRecord) -> str:
    """Return the penalty with which the model of a separated fit is offered, in words; empty where none is.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0], "g": [1, 2, 1, 2]}
    >>> [finite_fit(lk.logit("y ~ x", data, cluster=g).record)[:23] for g in (None, "g")]
    ['penalty=lk.Jeffreys(), ', 'penalty=lk.Ridge(streng']
    """
    from logitkit.engine.bias.offered import why_not_adjusted
    from logitkit.models.penalties.adjustment import Jeffreys, MeanBias

    model, family = (record.info, record.form, record.totals), record.family
    if not why_not_adjusted(*model, Jeffreys()):
        compared = "; fit.remedies() compares it with others" if record.covariance.kind == "model" else ""
        return f"penalty=lk.Jeffreys(), whose estimates are finite{compared}"
    if not why_not_adjusted(*model, MeanBias()):
        return "penalty=lk.MeanBias()"
    plain = not (record.nuisance.n_parameters or family.words.quasi or record.covariance.kind == "survey")
    if plain and (family.is_logit or family.words.compares):
        return "penalty=lk.Ridge(strength), whose estimates are finite"
    return ""


def complete_separation(infinite: Sequence[str], finite: str = "") -> str:
    """Return the warning where every row is fitted perfectly in the limit; ``finite`` has the words of a penalty.

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
        text += f" Infinite, of known sign: {name_list(infinite)}."
    return (
        f"{text} {PERFECT} With many columns relative to the number of rows it happens by chance. "
        f"Remedies: fewer columns{f', more data, or {finite}' if finite else ' or more data'}."
    )


def nearly_collinear(found: Conditioning) -> tuple[str, ...]:
    """Return a warning where the columns of a fit all but determine one another.

    Examples
    --------
    >>> from logitkit.inference.conditioning import Conditioning
    >>> nearly_collinear(Conditioning(4e4, ("x", "z"), 2e4, False))[0][:55]
    'Nearly collinear (condition number 4.0e+04): x, z. One '
    """
    if not found.columns:
        return ()
    text = (
        f"Nearly collinear (condition number {found.number:.1e}): {name_list(found.columns)}. One of them has only "
        f"about {1.0 / found.inflation:.0e} of its spread left given the others. Its coefficient and standard error "
        "rest on that remainder alone, in which rounding of the data may dominate. "
    )
    if found.computed:
        return (text + "Powers and products of centred variables are less collinear, and so is poly(x, degree).",)
    return (text + "Drop one of the columns, or combine them.",)


def many_columns(record: FitRecord) -> tuple[str, ...]:
    """Return the warning of a fit with so many slopes for its rows that large-sample theory is off.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> many_columns(lk.logit("low ~ poly(age, 5) + poly(lwt, 5)", births).record)[0][:40]
    '10 slopes for 189 rows (p / n = 0.053): '
    >>> many_columns(lk.logit("low ~ age + lwt", births).record)
    ()
    """
    estimated = np.setdiff1d(record.predictors.columns, record.predictors.columns[record.aliased])
    slopes = int(estimated.size) - (record.info.intercept is not None)
    n = float(record.n_trials)
    by_likelihood = not record.is_penalised and record.adjustment is None and not record.is_separated
    if not by_likelihood or slopes < LEAST_SLOPES or slopes <= MANY_COLUMNS * n:
        return ()
    of = "trials" if record.info.response.kind in TRIALS else "rows"
    text = (
        f"{counted(slopes, 'slope')} for {format_integer(n)} {of} (p / n = {slopes / n:.3f}): with so many, "
        "large-sample standard errors and p-values are too small, and maximum likelihood estimates too far from zero "
        "(Sur and Candes 2019). Fewer columns or more rows help; "
    )
    from logitkit.engine.bias.offered import why_not_adjusted
    from logitkit.models.penalties.adjustment import Jeffreys

    if not why_not_adjusted(record.info, record.form, record.totals, Jeffreys()):
        text += "bias reduction, penalty=lk.Jeffreys(), corrects the estimates; "
    return (f"{text}a ridge whose strength is cross-validated usually predicts better.",)


def few_clusters(clusters: int | None, level: float, law: Law = NORMAL) -> tuple[str, ...]:
    """Return the warning of a covariance by few clusters; ``law`` is what statistics are compared with.

    Examples
    --------
    >>> few_clusters(12, 0.95)[0][-33:], few_clusters(40, 0.95)
    ('intervals are 1.12 times as long.', ())
    >>> few_clusters(12, 0.95, Law(11.0))[0][-56:]
    "fit.robust('CR2', cluster=...) also corrects the errors."
    """
    if clusters is None or not 1 < clusters < FEW_CLUSTERS or law.varies:
        return ()
    if not law.is_normal:
        return (f"{_too_small(clusters)} {_by_t(law)}",)
    wider = float(Law(clusters - 1.0).quantile(level)) / float(NORMAL.quantile(level))
    text = (
        f"Intervals and p-values here use the normal distribution; with t on {clusters - 1} degrees of freedom, the "
        "usual first remedy, "
    )
    return (f"{_too_small(clusters)} {text}intervals are {wider:.2f} times as long.",)


def few_clusters_tested(test: WaldTest | ChiSquareTests | Equivalence) -> tuple[str, ...]:
    """Return the warning of a Wald test by few clusters.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ lwt", births.assign(id=births["id"] % 12), cluster="id")
    >>> few_clusters_tested(fit.test("lwt"))[0][:16]
    'Few clusters (12'
    """
    from logitkit.inference.hypotheses.chi_square import ChiSquareTests

    clusters, law = test.n_clusters, test.law
    if isinstance(test, ChiSquareTests) and test.laws:  # whose degrees of freedom allow for few clusters
        return ()
    if clusters is None or not 1 < clusters < FEW_CLUSTERS or law.scale != 1.0:
        return ()
    if not law.is_normal:
        return () if law.varies or np.ndim(law.dof) else (f"{_too_small(clusters)} {_by_t(law)}",)
    if not isinstance(test, WaldTest):
        what = f"F with {clusters - 1} degrees of freedom below" if isinstance(test, ChiSquareTests) else "t"
        text = f"By {what}, the usual first remedy, they are larger."
        return (f"{_too_small(clusters)} {text}",)
    by_f = format_p(float(Law(clusters - 1.0).joint(test.statistic, test.dof)))
    text = f"By F with {test.dof} and {clusters - 1} degrees of freedom, the usual first remedy, the p-value is {by_f}."
    return (f"{_too_small(clusters)} {text}",)


def _by_t(law: Law) -> str:
    dof = format_number(float(law.dof)).removesuffix(".00")
    return (
        f"Statistics here have {dof} degrees of freedom, which is the usual first remedy; fit.robust('CR2', "
        "cluster=...) also corrects the errors."
    )


def _too_small(clusters: int) -> str:
    return f"Few clusters ({clusters}): cluster-robust standard errors, and with them p-values, tend to be too small."


def no_ratio(info: DesignInfo, ratio: str) -> tuple[str, ...]:
    """Return a note on the columns that cannot change alone, so that no ratio belongs to their coefficients.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + I(lwt**2)", lk.datasets.load_lbw())
    >>> no_ratio(fit.record.info, "odds ratio")[0][:60]
    'No odds ratio for columns of lwt, I(lwt ** 2): one of them c'
    """
    return tuple(
        f"No {ratio} for columns of {name_list(group.terms)}: one of them cannot change while the others stay fixed. "
        f"Compare fit.predictions(data) at values of {', '.join(group.variables)}."
        for group in entangled_terms(info)
    )
