"""How a fit was made, as far as its record does not say it, so that it can be made again from other rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.inference.validation.refitting import OneByOne, Refitter
from logitkit.selection.splits import checked_splits
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.engine.regularised.model import PathModel
    from logitkit.engine.regularised.options import ProxNewton
    from logitkit.models.penalties.specification import Specification
    from logitkit.selection.cross_validation import CrossValidation

__all__ = ["BEFORE", "ChosenAgain", "Making", "SamePenalty", "SameStrength"]

STRENGTHS_MOST = 34  # of a grid of a hundred every third: neighbours then differ by less than a third
BEFORE = (
    "A selection of terms, bins, imputed values or tuning that came before the fit is not in these numbers: give "
    "recipe= to make them again."
)


class Making(Protocol):
    """How a fit was made."""

    @property
    def words(self) -> tuple[str, ...]:
        """Sentences that say which steps are repeated on other rows, and which are not."""

    def refitter(self, record: FitRecord, design: Design) -> Refitter:
        """Return an object that makes the model again from other weights of the rows."""


class _WithPenalty:
    """What penalised fits share: they are made again one by one."""

    @property
    def _done(self) -> str:
        """What is done again, in a sentence."""
        raise NotImplementedError

    def again(self, record: FitRecord, rows: Design) -> FitRecord:
        """Return the record of a fit that is made in the same way from other rows."""
        raise NotImplementedError

    @property
    def words(self) -> tuple[str, ...]:
        """What is done again, and what is not."""
        return (self._done, BEFORE)

    def refitter(self, record: FitRecord, design: Design) -> Refitter:
        """Return what makes the fit again from other weights of the rows."""
        return OneByOne(design, lambda rows: self.again(record, rows), record.aliased.size, self._done)


@dataclass(frozen=True, eq=False)
class SamePenalty(_WithPenalty):
    """A fit with the penalty that the user stated.

    Parameters
    ----------
    penalty : Specification
        The penalty.
    options : ProxNewton
        Options of the solver.
    """

    penalty: Specification
    options: ProxNewton

    _done = "The coefficients were estimated again in each resample with the penalty as given: it was not tuned again."

    def again(self, record: FitRecord, rows: Design) -> FitRecord:
        """Return the fit to other rows with the same penalty."""
        from logitkit.engine.regularised.estimate import fit_penalised

        return fit_penalised(rows, record.form, self.penalty, self.options, record.level)


@dataclass(frozen=True, eq=False)
class SameStrength(_WithPenalty):
    """A fit at a strength of a path.

    Parameters
    ----------
    given : PathModel
        The problem with its rows.
    strength : float
        The strength.
    """

    given: PathModel
    strength: float

    @property
    def _done(self) -> str:
        """What is done again."""
        return (
            f"The coefficients were estimated again in each resample at the strength {self.strength:.4g}: how it was "
            "chosen is not in these numbers."
        )

    def again(self, record: FitRecord, rows: Design) -> FitRecord:
        """Return the fit to other rows at the same strength."""
        from logitkit.engine.regularised.options import ProxNewton

        return self.given.of_rows(rows).fit(self.strength, ProxNewton(), record.level, "given")


@dataclass(frozen=True, eq=False)
class ChosenAgain(_WithPenalty):
    """A fit at the strength that a cross-validation chose.

    Parameters
    ----------
    given : PathModel
        The problem with its rows.
    found : CrossValidation
        The folds, the strengths and their scores.
    rule : str
        Which strength was chosen, ``'best'`` or ``'one_se'``.
    """

    given: PathModel
    found: CrossValidation
    rule: str

    @property
    def _done(self) -> str:
        """What is done again."""
        rule = "best" if self.rule == "best" else "one-standard-error"
        among = f" among {self.strengths.size} of the {self.found.path.strengths.size} strengths, evenly spaced"
        return (
            f"The strength was chosen again in each resample{among if self._step > 1 else ''} ({rule} rule, "
            f"{self.found.measure.label}, {self.found.folds.words}), and the coefficients were estimated again."
        )

    @property
    def _step(self) -> int:
        return -(-self.found.path.strengths.size // STRENGTHS_MOST)

    @property
    def strengths(self) -> FloatArray:
        """The strengths to choose from again: all, or of a fine grid every second, third and so on."""
        chosen = self.found.best if self.rule == "best" else self.found.one_se
        return np.asarray(self.found.path.strengths[chosen % self._step :: self._step])

    def again(self, record: FitRecord, rows: Design) -> FitRecord:
        """Return the fit to other rows, at the strength that cross-validation with the same folds chooses there."""
        from logitkit.engine.regularised.options import ProxNewton
        from logitkit.selection.cross_validation import cross_validate_path

        used = np.flatnonzero(rows.response.weights > 0.0)
        part = self.given.of_rows(rows)
        folds = checked_splits(self.found.folds, rows.response) if used.size else self.found.folds
        path = cross_validate_path(part, self.strengths, folds, self.found.measure, ProxNewton(tol=1e-7), stops=False)
        place = path.best if self.rule == "best" else path.one_se
        return self.given.of_rows(rows).fit(float(path.path.strengths[place]), ProxNewton(), record.level, "again")
