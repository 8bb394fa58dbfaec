"""The statement of a model of ordered outcomes: cumulative or adjacent-category, proportional or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np

from logitkit.design.formula.named import columns_named
from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.design.response.ordered import OrderedReader, OrderKind
from logitkit.design.response.reading import OutcomeReader
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.models.adjacent import Adjacent, AdjacentBelow
from logitkit.models.conventions import Conventions, Direction
from logitkit.models.cumulative import Cumulative
from logitkit.models.form import Form
from logitkit.models.links import Information, link_named
from logitkit.models.model import Statement, unchanging
from logitkit.models.predictors import Part, Predictors
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["Ordinal", "ordinal_predictors", "threshold_names"]

NOT_YET = ("continuation", "stereotype")


@dataclass(frozen=True, repr=False)
class Ordinal(Statement):
    r"""A model of ordered outcomes.

    The cumulative model, with F the distribution function of the link:

    .. math:: P(Y_i \le k) = F(\theta_k - x_i'\beta - z_i'\gamma_k - o_i),

    or the adjacent-category model:

    .. math:: \log \frac{P(Y_i = k + 1)}{P(Y_i = k)} = \theta_k + x_i'\beta + z_i'\gamma_k + o_i.

    In both, a positive coefficient means higher outcomes; ``direction`` offers the signs of other software.

    Parameters
    ----------
    model : {'cumulative', 'adjacent'}
        Which of the two models above.
    link : {'logit', 'probit', 'cloglog', 'loglog', 'cauchit'}
        Link of the cumulative probabilities; the adjacent-category model has the logit.
    nominal : str or sequence of str, optional
        Terms of the formula, ``"temp + contact"``, with one coefficient per threshold; all other terms have one
        coefficient.
    order : sequence, optional
        The outcomes from the lowest to the highest; required for text and for unordered categories.
    information : {'observed', 'expected'}
        The information on which standard errors are based: observed, as in R's clm and polr and in Stata, or expected,
        as in SAS and VGAM.
    direction : {'higher', 'lower', 'thresholds'}
        What positive coefficients mean. ``'higher'``: higher outcomes. ``'lower'``: lower outcomes, as in SAS: x'b is
        added to the thresholds of the cumulative model, or each outcome is compared with the next. ``'thresholds'``,
        for the cumulative model: higher outcomes, but lower ones for nominal terms, as in R's ``ordinal::clm``, where
        these are part of the thresholds. An offset has the sign of the other terms.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"rating": [1, 2, 3, 2, 1, 3, 3, 2, 1], "x": [1.0, 2, 3, 4, 2, 6, 5, 4, 1]}
    >>> lk.fit("rating ~ x", data, model=lk.Ordinal()).record.names
    ('1|2', '2|3', 'x')
    """

    model: Literal["cumulative", "adjacent"] = "cumulative"
    link: str = "logit"
    nominal: str | Sequence[str] | None = None
    order: Sequence[Any] | None = None
    information: Information = "observed"
    direction: Direction = "higher"

    is_single: ClassVar[bool] = False
    is_logit: ClassVar[bool] = False
    called: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("ordinal", "ordered", "cumulative", "ologit", "polr", "clm", "OrderedModel"), ""),
        **dict.fromkeys(("adjacent", "acat"), "'adjacent'"),
    }

    def __post_init__(self) -> None:
        """Refuse options that are not offered, and store immutable copies."""
        if self.model in NOT_YET:
            raise UnsupportedError(
                f"model={self.model!r} is not offered in this version; give 'cumulative' or 'adjacent'."
            )
        require_choice("model", self.model, get_args(OrderKind))
        require_choice("information", self.information, get_args(Information))
        require_choice("direction", self.direction, get_args(Direction))
        if self.model == "adjacent" and self.direction == "thresholds":
            raise UnsupportedError(
                "direction='thresholds' cannot be combined with model='adjacent', whose terms all have one sign. Give "
                "'higher' or 'lower'."
            )
        link = link_named(self.link)
        if not link.rises_to_one:
            raise UnsupportedError(
                f"link={link.name!r} is for two outcomes only: cumulative probabilities need a link whose inverse "
                "rises from 0 to 1, 'logit', 'probit', 'cloglog', 'loglog' or 'cauchit'."
            )
        if self.model == "adjacent" and link.name != "logit":
            raise UnsupportedError(
                f"link={link.name!r} cannot be combined with model='adjacent': adjacent outcomes are compared by their "
                "log odds. Give model='cumulative', or leave link= out."
            )
        object.__setattr__(self, "nominal", unchanging(self.nominal))
        if self.order is not None:
            if isinstance(self.order, str) or not hasattr(self.order, "__iter__"):
                raise DataError(
                    f"order={self.order!r} is not a list; give the outcomes from the lowest to the highest."
                )
            object.__setattr__(self, "order", tuple(self.order))

    def reader(self, offset: Any = None) -> OutcomeReader:
        """Return the reader of the response.

        Parameters
        ----------
        offset : str or (n,) array-like, optional
            Offset of the row, added to x'b: a larger one means higher outcomes, or lower ones by ``direction``.

        Returns
        -------
        OutcomeReader
            The reader, with the order and the offset.
        """
        order = None if self.order is None else tuple(self.order)
        return OrderedReader(offset=offset, order=order, kind=self.model, lower=self.direction == "lower")

    @property
    def reads(self) -> tuple[Any, ...]:
        """What decides how the response is read: the sign of an offset."""
        return (self.direction == "lower",)

    def under(
        self, chosen: Conventions, response: ResponseInfo, totals: FloatArray, *, penalised: bool = False
    ) -> Self:
        """Return the model with the information and the signs of the conventions, unless they were stated.

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
        Ordinal
            The model as it is fitted.
        """
        del response, totals, penalised
        information = chosen.ordered_information if self.information == "observed" else self.information
        direction = chosen.direction if self.direction == "higher" else self.direction
        if self.model == "adjacent" and direction == "thresholds":
            direction = "higher"
        return replace(self, information=information, direction=direction)

    def form(self, info: DesignInfo, penalised: bool = False) -> Form:
        """Return the likelihood and the linear predictors of the columns and outcomes.

        Parameters
        ----------
        info : DesignInfo
            Names of the columns and outcomes.
        penalised : bool
            Whether there is a penalty, which is refused.

        Returns
        -------
        Form
            Thresholds, proportional terms and nominal terms. Its model is the one that was stated: the order of new
            outcomes is that of their type, or the stated one.
        """
        if penalised:
            raise UnsupportedError(f"penalty= is not offered with model={self!r}: leave it out.")
        if info.intercept is None:
            raise FormulaError(
                "The intercepts of a model of ordered outcomes are its thresholds: leave the intercept in the "
                "formula, or give the matrix a column of ones named 'Intercept'."
            )
        nominal = np.empty(0, dtype=np.int64)
        if self.nominal is not None:
            nominal = columns_named(self.nominal, info, "nominal")
            nominal = nominal[nominal != info.intercept]
        k = len(info.response.levels)
        names = threshold_names(info.response.levels)
        predictors = ordinal_predictors(
            self.model, k, len(info.names), info.intercept, nominal, names, direction=self.direction
        )
        return Form(self._family(k), predictors, predictors, model=self)

    def _family(self, n_outcomes: int) -> Adjacent | Cumulative:
        """Return the likelihood of so many outcomes."""
        if self.model == "adjacent":
            return (AdjacentBelow if self.direction == "lower" else Adjacent)(n_outcomes)
        return Cumulative(n_outcomes, link_named(self.link), self.information, self.direction)


def threshold_names(outcomes: Sequence[str]) -> tuple[str, ...]:
    """Return the names of thresholds, from the outcomes that they separate.

    Examples
    --------
    >>> threshold_names(["low", "medium", "high"])
    ('low|medium', 'medium|high')
    """
    return tuple(f"{below}|{above}" for below, above in pairwise(outcomes))


def ordinal_predictors(
    model: str,
    n_outcomes: int,
    n_columns: int,
    intercept: int,
    nominal: IntArray,
    names: tuple[str, ...],
    *,
    direction: Direction = "higher",
) -> Predictors:
    """Return the predictors of thresholds, of proportional and of nominal columns, in this order.

    Examples
    --------
    One nominal column of two, and three outcomes:

    >>> predictors = ordinal_predictors("cumulative", 3, 3, 0, np.array([2]), ("a|b", "b|c"))
    >>> predictors.table(np.array([-1.0, 1.0, 0.5, 0.1, 0.2])).tolist()
    [[-1.0, -0.5, -0.1], [1.0, -0.5, -0.2]]
    """
    own, together, each = _constraints(model, n_outcomes, direction)
    rest = np.setdiff1d(np.arange(n_columns), np.append(nominal, intercept))
    parts = [Part(np.array([intercept]), constraint=own, labels=names)]
    if rest.size:
        parts.append(Part(rest, constraint=together, labels=("",)))
    if nominal.size:
        parts.append(Part(nominal, constraint=each, labels=names))
    return Predictors(len(own), n_columns, tuple(parts))


def _constraints(model: str, n_outcomes: int, direction: Direction) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the constraint matrices of thresholds, proportional terms and nominal terms."""
    m = n_outcomes - 1
    sign = -1.0 if direction == "lower" else 1.0
    if model == "adjacent":  # of the logits of all outcomes against the first
        steps = np.vstack([np.zeros((1, m)), np.tril(np.ones((m, m)))])
        return sign * steps, sign * np.arange(float(n_outcomes))[:, None], sign * steps
    together = -sign * np.ones((m, 1))
    return np.eye(m), together, np.eye(m) if direction != "higher" else -np.eye(m)
