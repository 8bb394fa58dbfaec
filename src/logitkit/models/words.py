"""The wording of the models of a family in print: title, headings of equations, name of exp(coefficient).

Reports take the words from the family and the equations from the record, so no report depends on a family.
"""

from __future__ import annotations

from dataclasses import dataclass

from logitkit.design.info import ResponseInfo

__all__ = ["ODDS_RATIO", "RELATIVE_RISK_RATIO", "Ratio", "Words"]


@dataclass(frozen=True, slots=True)
class Ratio:
    """The name of exp(coefficient).

    Parameters
    ----------
    name : str
        In a sentence, such as ``"odds ratio"``.
    head : str
        Above a column of a table.
    of : str
        What it is a ratio of: ``"odds"``, ``"risk"`` or ``"hazard"``.
    verbs : str
        Functions other than the summary that accept units.
    meaning : str
        The sentence below a table, in which ``{change}`` is the change in a column and ``{reference}`` the reference
        outcome; empty if the name is enough.

    Examples
    --------
    >>> ODDS_RATIO.title, RELATIVE_RISK_RATIO.plural
    ('Odds ratio', 'relative risk ratios')
    """

    name: str
    head: str
    of: str
    verbs: str
    meaning: str = ""

    @property
    def title(self) -> str:
        """The name at the start of a sentence."""
        return self.name[0].upper() + self.name[1:]

    @property
    def plural(self) -> str:
        """The plural of the name."""
        return f"{self.name}s"


@dataclass(frozen=True, slots=True)
class Words:
    """The wording of the models of a family.

    Parameters
    ----------
    title, penalised : str
        The model, and the model with a penalty.
    ratio : Ratio or None
        The name of exp(coefficient); None if it has no name.
    constant : str
        The distribution whose constant of counts the log-likelihood includes.
    has_event : bool
        Whether one of the outcomes is the event, whose probability is modelled.
    compares : bool
        Whether each equation compares an outcome with the reference, so that there is a ratio only where there is one.
    equation : str
        Header of the table column that names the equations; empty if there is only one equation.
    intercepts : str
        Title of the single table of equations that have only an intercept, such as thresholds; empty if each equation
        has its own table.
    link : str
        The link, if it is not the usual one of such models.
    instead : str
        The sentence that says what to use if exp(coefficient) has no name.
    ordered : bool
        Whether the model uses an order of the outcomes.
    improper : str
        What is wrong if linear predictors do not give probabilities.
    naming : str
        How coefficients are named, if not as outcome:term.
    quasi : str
        The sentence that says that there is a quasi-likelihood; empty if there is a likelihood.
    untold : str
        Why rows may leave a coefficient undetermined, and what to do.
    downwards : bool
        Whether positive coefficients mean lower outcomes.
    """

    title: str
    penalised: str
    ratio: Ratio | None
    constant: str
    has_event: bool = False
    compares: bool = False
    equation: str = ""
    intercepts: str = ""
    link: str = ""
    instead: str = "Use effects on probabilities, fit.effects()."
    ordered: bool = False
    improper: str = ""
    naming: str = ""
    untold: str = ""
    quasi: str = ""
    downwards: bool = False

    def ratio_against(self, reference: int | None) -> Ratio | None:
        """Return the name of exp(coefficient) in a fit with this reference outcome, or without one."""
        return None if self.compares and reference is None else self.ratio

    def heading(self, label: str, response: ResponseInfo, reference: int | None) -> str:
        """Return the heading of an equation; empty where the model has only one.

        Examples
        --------
        >>> words = Words("Multinomial logistic regression", "", RELATIVE_RISK_RATIO, "multinomial", compares=True)
        >>> words.heading("bus", ResponseInfo("mode", "nominal", levels=("car", "bus", "train")), 0)
        'mode = bus (against car)'
        """
        if not self.compares or not label:
            return label
        name = f"{response.name} = {label}" if response.kind == "nominal" else label
        against = "the mean of all outcomes" if reference is None else response.outcomes[reference]
        return f"{name} (against {against})"


ODDS_RATIO = Ratio("odds ratio", "Odds ratio", "odds", "fit.odds_ratios, fit.plot.forest and fit.report")
RELATIVE_RISK_RATIO = Ratio(
    "relative risk ratio",
    "RRR",
    "odds",
    "fit.odds_ratios and fit.report",
    "RRR: relative risk ratio, the factor by which an increase of {change} multiplies P(outcome) / P({reference}).",
)
