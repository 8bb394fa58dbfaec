"""The statement of a model with two outcomes: the event, the link and the information."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self, get_args

from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.design.response.binary import one_value
from logitkit.design.response.reading import BinaryReader, FractionReader, OutcomeReader
from logitkit.errors import DataError, UnsupportedError
from logitkit.models.binomial import Binomial
from logitkit.models.conventions import Conventions
from logitkit.models.form import Form
from logitkit.models.links import Information, link_named
from logitkit.models.model import Statement, level_at
from logitkit.models.predictors import single_predictor
from logitkit.options import require_choice
from logitkit.typing import FloatArray

__all__ = ["Binary", "OutcomeKind"]

OutcomeKind = Literal["event", "fraction"]


@dataclass(frozen=True, repr=False)
class Binary(Statement):
    r"""A model with two outcomes: logistic regression, or binary regression with another link.

    .. math:: g(\mu_i) = x_i'\beta + o_i, \qquad g(\mu) = \log \frac{\mu}{1 - \mu} \text{ for the logit}

    Parameters
    ----------
    link : {'logit', 'probit', 'cloglog', 'loglog', 'cauchit', 'log'}
        The link function, applied to the mean; formulas and signs are in ``docs/maths/links.md``.
    event : object, optional
        The value of the response whose probability is modelled. Default: 1, True, or the second of two levels.
    information : {'expected', 'observed'}
        The information on which standard errors are based: expected, as in R and SAS, or observed, as in Stata. The two
        are equal for the logit.
    outcome : {'event', 'fraction'}
        Whether each row has an event or none, or a fraction between 0 and 1, such as a proportion with an unknown
        denominator. The mean of a fraction is modelled by quasi-likelihood (Papke and Wooldridge 1996), with robust
        standard errors.

    Examples
    --------
    ``lk.logit`` fits this model; ``lk.fit`` takes it with any link:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.fit("low ~ age + lwt", births, model=lk.Binary(link="probit"))
    >>> fit.coef.round(3).to_dict()
    {'Intercept': 1.017, 'age': -0.024, 'lwt': -0.007}
    """

    link: str = "logit"
    event: Any = None
    information: Information = "expected"
    outcome: OutcomeKind = "event"

    is_single: ClassVar[bool] = True
    called: ClassVar[Mapping[str, str]] = dict.fromkeys(("logit", "logistic", "binary", "binomial"), "")

    def __post_init__(self) -> None:
        """Refuse a link or information that is not offered, and an event that is not one value."""
        link_named(self.link)
        require_choice("information", self.information, get_args(Information))
        require_choice("outcome", self.outcome, get_args(OutcomeKind))
        if self.event is not None:
            one_value(self.event)
            if self.is_fraction:
                raise DataError(f"event={self.event!r} cannot be combined with outcome='fraction', which has no event.")

    @property
    def is_logit(self) -> bool:
        """Whether the outcome is an event and the link is the logit."""
        return self.link == "logit" and not self.is_fraction

    @property
    def is_fraction(self) -> bool:
        """Whether the outcomes are fractions instead of events."""
        return self.outcome == "fraction"

    def reader(self, offset: Any = None) -> OutcomeReader:
        """Return the reader of the response.

        Parameters
        ----------
        offset : str or (n,) array-like, optional
            Offset of the linear predictor.

        Returns
        -------
        OutcomeReader
            The reader, with the event and the offset.
        """
        return FractionReader(offset) if self.is_fraction else BinaryReader(self.event, offset)

    @property
    def reads(self) -> tuple[Any, ...]:
        """What decides how the response is read: the event."""
        return (self.event,)

    def under(
        self, chosen: Conventions, response: ResponseInfo, totals: FloatArray, *, penalised: bool = False
    ) -> Self:
        """Return the model with the event and the information of the conventions, unless they were stated.

        Parameters
        ----------
        chosen : Conventions
            The conventions to apply.
        response : ResponseInfo
            Names and levels of the outcomes.
        totals : (K,) array
            How often each outcome occurs.
        penalised : bool
            Whether there is a penalty that shrinks.

        Returns
        -------
        Binary
            The model as it is fitted.
        """
        del totals, penalised
        event, information = self.event, self.information
        if chosen.event == "first" and event is None and response.kind == "binary":
            event = level_at(response, 0) if response.coded else 0
        if self.link != "logit" and information == "expected":
            information = chosen.binary_information
        return replace(self, event=event, information=information)

    def form(self, info: DesignInfo, penalised: bool = False) -> Form:
        """Return the likelihood and the linear predictor of the columns.

        Parameters
        ----------
        info : DesignInfo
            Names of the columns.
        penalised : bool
            Whether there is a penalty; a fraction cannot have one.

        Returns
        -------
        Form
            One coefficient per column. Its model names the event if the levels determined it.
        """
        if penalised and self.is_fraction:
            raise UnsupportedError(
                "outcome='fraction' is not offered with a penalty, whose strength and posterior rest on a likelihood: "
                "fit without penalty=."
            )
        coded = info.response.coded  # empty for 0 and 1, and for counts, whose event needs no name
        model = replace(self, event=level_at(info.response, 1)) if self.event is None and coded else self
        predictors = single_predictor(len(info.names))
        family = Binomial(link_named(self.link), self.information, fraction=self.is_fraction)
        return Form(family, predictors, predictors, model=model)
