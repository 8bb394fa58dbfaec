"""The statement of a model with two outcomes: the event, the link and the information."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, get_args

from logitkit.design.info import DesignInfo
from logitkit.design.response.binary import one_value
from logitkit.design.response.reading import BinaryReader, OutcomeReader
from logitkit.models.binomial import Binomial
from logitkit.models.form import Form
from logitkit.models.links import Information, link_named
from logitkit.models.model import Statement, level_at
from logitkit.models.predictors import single_predictor
from logitkit.options import require_choice

__all__ = ["Binary"]


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
        The information on which standard errors are based: expected, as in R and SAS, or observed, as in Stata. For the
        logit they are equal.

    Examples
    --------
    ``lk.logit`` fits this model:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.fit("low ~ age + lwt", births, model=lk.Binary(event=0))
    >>> bool((fit.coef == lk.logit("low ~ age + lwt", births, event=0).coef).all())
    True
    """

    link: str = "logit"
    event: Any = None
    information: Information = "expected"

    is_single: ClassVar[bool] = True
    called: ClassVar[Mapping[str, str]] = dict.fromkeys(("logit", "logistic", "binary", "binomial"), "")

    def __post_init__(self) -> None:
        """Refuse a link or information that is not offered, and an event that is not one value."""
        link_named(self.link)
        require_choice("information", self.information, get_args(Information))
        if self.event is not None:
            one_value(self.event)

    @property
    def is_logit(self) -> bool:
        """Whether the link is the logit."""
        return self.link == "logit"

    def reader(self, offset: Any = None) -> OutcomeReader:
        """Return the reader of the response.

        Parameters
        ----------
        offset : str or (n,) array-like, optional
            Of the linear predictor.

        Returns
        -------
        OutcomeReader
            With the event and the offset.
        """
        return BinaryReader(self.event, offset)

    def form(self, info: DesignInfo, penalised: bool = False) -> Form:
        """Return the likelihood and the linear predictor of the columns.

        Parameters
        ----------
        info : DesignInfo
            Names of the columns.
        penalised : bool
            Whether there is a penalty, which changes nothing here.

        Returns
        -------
        Form
            A coefficient for each column; its model names the event where the levels decided it.
        """
        del penalised
        coded = info.response.coded  # empty for 0 and 1, and for counts, whose event needs no name
        model = replace(self, event=level_at(info, 1)) if self.event is None and coded else self
        predictors = single_predictor(len(info.names))
        return Form(Binomial(link_named(self.link), self.information), predictors, predictors, model=model)
