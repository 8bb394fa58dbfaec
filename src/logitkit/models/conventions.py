"""Conventions in which packages differ: the defaults of a fit, by package.

``docs/conventions.md`` has the table, with the command of each package that gives its numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import Literal

from logitkit.options import require_choice
from logitkit.typing import FactorCoding

__all__ = ["CONVENTIONS", "OURS", "ConventionName", "Conventions", "Direction", "conventions", "conventions_named"]

ConventionName = Literal["logitkit", "r", "stata", "sas"]
Direction = Literal["higher", "lower", "thresholds"]
Grouping = Literal["stata", "r", "sas"]
CUTS = {"stata": "xtile", "r": "quantiles of type 7", "sas": "the rule of PROC LOGISTIC"}


@dataclass(frozen=True, slots=True)
class Conventions:
    """The choices of a package in matters on which packages differ.

    Parameters
    ----------
    name : {'logitkit', 'r', 'stata', 'sas'}
        The package whose choices these are.
    title : str
        Its name in printed output.
    binary_information, ordered_information : {'expected', 'observed'}
        The information on which standard errors are based, with two outcomes and with ordered outcomes.
    event : {'second', 'first'}
        Which of the two levels of a response is the event.
    reference : {'first', 'most frequent', 'last'}
        Which of several outcomes is the reference.
    factors : {'treatment', 'sum'}
        How factors are coded unless the formula says: by differences from the first level, or by deviations from the
        mean of the levels, where the deviation of the last level is minus the sum of the others.
    direction : {'higher', 'lower', 'thresholds'}
        What positive coefficients of ordered outcomes mean, as in ``lk.Ordinal``.
    parallel_information : {'errors', 'observed'}
        The information in the score test of proportional odds: that used for standard errors, or the observed one.
    hosmer_lemeshow : {'stata', 'r', 'sas'}
        How the groups of the Hosmer-Lemeshow test are formed.
    bic_n : {'rows', 'trials'}
        Whether BIC counts rows or trials in grouped data.
    counts_parameters : bool
        Whether sandwich errors for clusters, sampling weights or a survey have the additional factor (n - 1) / (n - k).
    cluster_dof : {'normal', 'units'}
        The reference distribution of statistics with clusters: normal, or t on the number of clusters minus one.
    sampling_dof : {'normal', 'units', 'residual'}
        The same for sampling weights without a survey design: normal, or t on n - 1 or n - k.
    survey_dof : {'design', 'residual'}
        Degrees of freedom of a survey design: units minus strata, or that number minus (k - 1) for k coefficients.
    replicates_about : {'mean', 'estimate'}
        Where deviations of replicates are taken from: their mean, or the estimate of the fit.
    replicates_dof : {'rank', 'count'}
        Degrees of freedom of replicate weights: their rank minus one, or their number.
    dispersion_by_t : bool
        Whether t and F distributions are used if a dispersion was estimated.

    Examples
    --------
    >>> CONVENTIONS["stata"].binary_information, OURS.binary_information
    ('observed', 'expected')
    """

    name: ConventionName = "logitkit"
    title: str = "logitkit"
    binary_information: Literal["expected", "observed"] = "expected"
    ordered_information: Literal["expected", "observed"] = "observed"
    event: Literal["second", "first"] = "second"
    reference: Literal["first", "most frequent", "last"] = "first"
    factors: FactorCoding = "treatment"
    direction: Direction = "higher"
    parallel_information: Literal["errors", "observed"] = "errors"
    hosmer_lemeshow: Grouping = "stata"
    bic_n: Literal["rows", "trials"] = "rows"
    counts_parameters: bool = False
    cluster_dof: Literal["normal", "units"] = "normal"
    sampling_dof: Literal["normal", "units", "residual"] = "normal"
    survey_dof: Literal["design", "residual"] = "design"
    replicates_about: Literal["mean", "estimate"] = "mean"
    replicates_dof: Literal["rank", "count"] = "rank"
    dispersion_by_t: bool = True

    @property
    def differing(self) -> tuple[str, ...]:
        """The fields that differ from the defaults of logitkit."""
        asked = (field.name for field in fields(self) if field.name not in ("name", "title"))
        return tuple(name for name in asked if getattr(self, name) != getattr(OURS, name))

    def said(self, question: str) -> str:
        """Return the choice of a field in words.

        Parameters
        ----------
        question : str
            The name of a field.

        Returns
        -------
        str
            The text, as it appears in a list of choices.

        Examples
        --------
        >>> CONVENTIONS["sas"].said("event")
        'the event is the first level unless event= states another'
        """
        answer = getattr(self, question)
        signs = {"lower": "lower outcomes", "thresholds": "higher outcomes, of nominal terms lower ones"}
        sums = {"normal": "the normal distribution", "units": "t on {} less one", "residual": "t on n - k"}
        return {
            "binary_information": f"standard errors are based on {answer} information",
            "ordered_information": f"standard errors are based on {answer} information",
            "event": f"the event is the {answer} level unless event= states another",
            "reference": f"the reference is the {answer} outcome unless reference= states another",
            "factors": "factors have deviations from the mean of their levels, the last minus the sum of the others",
            "direction": f"positive coefficients mean {signs.get(answer, 'higher outcomes')}",
            "parallel_information": "the score test of parallel slopes is based on observed information",
            "hosmer_lemeshow": f"Hosmer-Lemeshow groups are cut by {CUTS[self.hosmer_lemeshow]}",
            "bic_n": f"BIC counts {answer}",
            "counts_parameters": "the sandwich is multiplied by (n - 1) / (n - k) besides",
            "cluster_dof": f"statistics are compared with {sums[self.cluster_dof].format('clusters')}",
            "sampling_dof": f"statistics are compared with {sums[self.sampling_dof].format('rows')}",
            "survey_dof": "t has the degrees of freedom of the design less the coefficients but one",
            "replicates_about": "replicates deviate from the estimate of the fit",
            "replicates_dof": "t has as many degrees of freedom as there are replicates",
            "dispersion_by_t": "with a dispersion statistics are compared with the normal distribution",
        }[question]


OURS = Conventions()
#: By name.
CONVENTIONS: dict[str, Conventions] = {
    "logitkit": OURS,
    "r": Conventions(
        "r",
        "R",
        direction="thresholds",
        hosmer_lemeshow="r",
        sampling_dof="residual",
        survey_dof="residual",
    ),
    "stata": Conventions(
        "stata", "Stata", binary_information="observed", reference="most frequent", dispersion_by_t=False
    ),
    "sas": Conventions(
        "sas",
        "SAS",
        ordered_information="expected",
        event="first",
        reference="last",
        factors="sum",
        direction="lower",
        parallel_information="observed",
        hosmer_lemeshow="sas",
        bic_n="trials",
        counts_parameters=True,
        cluster_dof="units",
        sampling_dof="units",
        replicates_about="estimate",
        replicates_dof="count",
        dispersion_by_t=False,
    ),
}
_current: ContextVar[Conventions] = ContextVar("conventions", default=OURS)


def conventions_named(name: str | None) -> Conventions:
    """Return conventions by name; without a name those of the enclosing ``with lk.conventions(...)``, or ours.

    Examples
    --------
    >>> conventions_named(None).name, conventions_named("sas").bic_n
    ('logitkit', 'trials')
    """
    if name is None:
        return _current.get()
    require_choice("conventions", name, CONVENTIONS)
    return CONVENTIONS[name]


@contextmanager
def conventions(name: ConventionName) -> Iterator[Conventions]:
    """Fit by the conventions of another package within a ``with`` block.

    Parameters
    ----------
    name : {'logitkit', 'r', 'stata', 'sas'}
        The package whose conventions to use. The argument ``conventions=`` of a fit takes precedence. Paths,
        cross-validation and classifiers for scikit-learn do not use conventions; the first two raise an error in a
        block that would change their event.

    Yields
    ------
    Conventions
        The choices of the package.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> with lk.conventions("sas") as chosen:
    ...     fit = lk.logit("low ~ age", births)
    >>> chosen.event, fit.outcomes
    ('first', ('1', '0'))
    """
    token = _current.set(conventions_named(name))
    try:
        yield _current.get()
    finally:
        _current.reset(token)
