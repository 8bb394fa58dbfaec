"""The statement of a model of several outcomes without an order: its reference, and which coefficients it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, ClassVar, Self

import numpy as np

from logitkit.design.formula.named import columns_named
from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.design.response.reading import NominalReader, OutcomeReader
from logitkit.design.table.extras import offsets_by_outcome
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.models.conventions import Conventions
from logitkit.models.form import Form, outcomes_form
from logitkit.models.model import Statement, level_at, unchanging
from logitkit.models.places import outcome_place, require_one_outcome
from logitkit.models.predictors import flat_names, full_predictors, patterned_predictors
from logitkit.typing import BoolArray, FloatArray

__all__ = ["UNSTATED", "Multinomial", "Unstated"]


class Unstated(Enum):
    """The default of ``reference``, equal to no level of a response."""

    UNSTATED = "first outcome; with a penalty None"

    def __repr__(self) -> str:
        """Return what is meant."""
        return f"<{self.value}>"


UNSTATED = Unstated.UNSTATED


@dataclass(frozen=True, repr=False)
class Multinomial(Statement):
    r"""Multinomial logistic regression, for several unordered outcomes.

    .. math:: \log \frac{p_{ik}}{p_{ir}} = x_i'\beta_k + o_{ik} - o_{ir}

    for every outcome k other than the reference r, or in symmetric form :math:`p_{ik} \propto \exp(x_i'\beta_k +
    o_{ik})` with coefficients that sum to zero over the outcomes.

    Parameters
    ----------
    reference : object, optional
        The outcome with which the others are compared. Default: the first in the order of the categories, or else in
        sorted order. None: the symmetric form, with coefficients that sum to zero over the outcomes (the least-norm
        solution); this is the default with a penalty.
    per_outcome : mapping of str to str or sequence of str, optional
        Terms of individual outcomes, ``{"bus": "cost"}``, in addition to the intercept. Outcomes that are not named
        have all terms of the formula.
    equal : str or sequence of str, optional
        Terms, ``"cost + time"``, whose coefficients are equal for all outcomes other than the reference.

    Examples
    --------
    ``lk.multinomial`` fits this model:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> model = lk.Multinomial(reference="white", equal="lwt")
    >>> fit = lk.fit("race ~ age + lwt", births, model=model)
    >>> fit.coef.loc["lwt"].nunique()
    1
    """

    reference: Any = UNSTATED
    per_outcome: Mapping[str, str | Sequence[str]] | None = field(default=None, hash=False)
    equal: str | Sequence[str] | None = None

    is_single: ClassVar[bool] = False
    is_logit: ClassVar[bool] = False
    called: ClassVar[Mapping[str, str]] = dict.fromkeys(("multinomial", "nominal", "softmax", "mnlogit"), "")

    def __post_init__(self) -> None:
        """Refuse options that are invalid for any data, and store immutable copies."""
        require_one_outcome(self.reference, "reference")
        per_outcome, equal = self.per_outcome, self.equal
        if per_outcome is not None and not isinstance(per_outcome, Mapping):
            raise DataError(f"per_outcome={per_outcome!r} is not a mapping; give terms by outcome: {{'bus': 'cost'}}.")
        named = {outcome: unchanging(terms) for outcome, terms in (per_outcome or {}).items()}
        object.__setattr__(self, "per_outcome", named or None)
        object.__setattr__(self, "equal", unchanging(equal))
        if self.reference is None and self.is_restricted:
            raise UnsupportedError(
                "reference=None with per_outcome= or equal=: the symmetric form has the same terms for all outcomes. "
                "Name a reference."
            )

    @property
    def is_restricted(self) -> bool:
        """Whether outcomes have different terms or share coefficients."""
        return self.per_outcome is not None or self.equal is not None

    def reader(self, offset: Any = None) -> OutcomeReader:
        """Return the reader of the response.

        Parameters
        ----------
        offset : mapping of str to str or array-like, or (n, K) array-like, optional
            Offsets by outcome.

        Returns
        -------
        OutcomeReader
            The reader, with the offsets.
        """
        return NominalReader(offsets_by_outcome(offset))

    def form(self, info: DesignInfo, penalised: bool = False) -> Form:
        """Return the likelihood and the linear predictors of the columns and outcomes.

        Parameters
        ----------
        info : DesignInfo
            Names of the columns and outcomes.
        penalised : bool
            Whether there is a penalty. Without a reference, it applies to the coefficients of all outcomes.

        Returns
        -------
        Form
            Which coefficients are estimated and which are shown. Its model names the reference.
        """
        if penalised and self.is_restricted:
            raise UnsupportedError(
                "per_outcome= and equal= cannot be combined with penalty=: use keep= and relative= instead."
            )
        levels, p = info.response.levels, len(info.names)
        place = self._reference_place(info, penalised)
        flat_names([level for k, level in enumerate(levels) if k != place], info.names)  # refuses two that are the same
        model, absent = self, None
        if self.reference is UNSTATED:
            model = replace(self, reference=None if place is None else level_at(info.response, place))
        predictors = full_predictors(len(levels), p, place or 0)
        if place is not None and self.is_restricted:
            kept = self._kept(info, place)
            absent = ~np.delete(kept, place, axis=0).reshape(-1)
            predictors = patterned_predictors(kept, self._same(info))
        absent = absent if absent is not None and absent.any() else None
        return replace(outcomes_form(predictors, place, levels, absent), model=model)

    def under(
        self, chosen: Conventions, response: ResponseInfo, totals: FloatArray, *, penalised: bool = False
    ) -> Self:
        """Return the model with the reference of the conventions, unless it was stated or there is a penalty.

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
        Multinomial
            The model as it is fitted.
        """
        if penalised or self.reference is not UNSTATED or chosen.reference == "first":
            return self
        place = len(response.levels) - 1 if chosen.reference == "last" else int(np.argmax(totals))
        return replace(self, reference=level_at(response, place))

    def _reference_place(self, info: DesignInfo, penalised: bool) -> int | None:
        """Return the place of the reference among the outcomes; None for the symmetric form."""
        reference = self.reference
        if reference is UNSTATED:
            reference = None if penalised else (list(info.response.coded) or list(info.response.levels))[0]
        return None if reference is None else outcome_place(reference, info, "reference")

    def _kept(self, info: DesignInfo, reference: int) -> BoolArray:
        """Return which columns each outcome has, shape (K, p); the reference has none."""
        kept = np.ones((len(info.response.levels), len(info.names)), dtype=bool)
        kept[reference] = False
        for outcome, terms in (self.per_outcome or {}).items():
            k = outcome_place(outcome, info, "per_outcome")
            if k == reference:
                raise FormulaError(f"per_outcome names {outcome!r}, which is the reference and has no coefficients.")
            row = np.zeros(len(info.names), dtype=bool)
            row[columns_named(terms, info, f"per_outcome[{outcome!r}]")] = True
            if info.intercept is not None:
                row[info.intercept] = True
            kept[k] = row
        return kept

    def _same(self, info: DesignInfo) -> BoolArray:
        """Return which columns have the same coefficient for all outcomes that have one, shape (p,)."""
        same = np.zeros(len(info.names), dtype=bool)
        if self.equal is None:
            return same
        same[columns_named(self.equal, info, "equal")] = True
        if not same.any():
            raise FormulaError(f"equal={self.equal!r} contains no term.")
        if info.intercept is not None and same[info.intercept]:
            raise FormulaError("equal names the intercept; give terms.")
        return same
