"""Which model the arguments of a path or a cross-validation mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, get_args

from logitkit.api.nominal import First, outcomes_of
from logitkit.design.design import Design
from logitkit.design.response.reading import BinaryReader, NominalReader
from logitkit.design.table.extras import offsets_by_outcome
from logitkit.engine.regularised.model import PenalisedModel, penalised_model
from logitkit.errors import DataError
from logitkit.models.binomial import Binomial
from logitkit.models.form import single_form
from logitkit.models.link import link_named
from logitkit.models.penalties.specification import Specification
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.options import require_choice
from logitkit.selection.unpenalised import Unpenalised
from logitkit.typing import ModelKind

__all__ = ["ModelWords"]


class ModelWords(NamedTuple):
    """The arguments that say which model is fitted, as the user gave them.

    Parameters
    ----------
    model : {'logit', 'multinomial'}
        Of two outcomes or of several.
    event, reference : object
        The outcome that is modelled, or that the others are compared with.
    link : str
        The link of a model of two outcomes.
    offset : object
        Of the linear predictor, or by outcome.
    """

    model: ModelKind
    event: Any
    reference: Any
    link: str
    offset: Any

    def design(self, rows: Callable[..., Design]) -> Design:
        """Return the design of rows, which are called with the reader of the response and the offset."""
        require_choice("model", self.model, get_args(ModelKind))
        if self.model == "logit":
            return rows(reader=BinaryReader(self.event), offset=self.offset)
        if self.event is not None:
            raise DataError(f"event={self.event!r} is for two outcomes; of several, name a reference or leave it out.")
        return rows(reader=NominalReader(offsets_by_outcome(self.offset)))

    def penalised(self, design: Design, penalty: Specification) -> PenalisedModel:
        """Return the model with a penalty."""
        family = self._family
        with single_threaded_blas():
            if self.model == "multinomial":
                outcomes = outcomes_of(design, (self.reference, None, None), penalty)
                return penalised_model(design, outcomes, penalty)
            return penalised_model(design, family, penalty)

    def unpenalised(self, design: Design, level: float) -> Unpenalised:
        """Return the model without a penalty."""
        family = self._family
        if self.model == "multinomial":
            return Unpenalised(design, outcomes_of(design, (self.reference, None, None), None), level)
        return Unpenalised(design, single_form(family, design.matrix.n_columns), level)

    @property
    def _family(self) -> Binomial:
        """Distribution and link of two outcomes."""
        if self.model != "multinomial" and self.reference is not First.FIRST:
            raise DataError(f"reference={self.reference!r} is for model='multinomial'; of two outcomes name the event.")
        return Binomial(link_named(self.link))
