"""What the sections of a report share: a fit, rows, and the diagnostics of these, each computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from logitkit.design.design import Design
from logitkit.diagnostics.calibration.curve import Calibration, calibration
from logitkit.diagnostics.collinearity import Collinearity, collinearity
from logitkit.diagnostics.discrimination.curves import Discrimination, discrimination
from logitkit.diagnostics.fit.hosmer_lemeshow import HosmerLemeshow, hosmer_lemeshow
from logitkit.diagnostics.fit.panel import GoodnessOfFit, goodness_of_fit
from logitkit.diagnostics.residuals.influence import Influence, influence
from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError
from logitkit.inference.conditioning import Conditioning, conditioning
from logitkit.inference.hypotheses.chi_square import ChiSquareTests
from logitkit.inference.hypotheses.parallel import proportional_odds_test
from logitkit.inference.sample import is_sample
from logitkit.numerics.once import once
from logitkit.report.called import called_of, in_print, printed_record
from logitkit.report.document import Document
from logitkit.report.summary import summary_document

__all__ = ["ROWS_TESTED", "Judged"]

T = TypeVar("T")

INFLUENCE_MOST = 500  # coefficients: the work of each row grows with the square of their number
ROWS_TESTED = 100_000  # of more rows tests of fit reject what is right for every use, and terms are not refitted
COEFFICIENTS_FREED = 200  # with which the information of one coefficient per threshold takes seconds at most


class Judged:
    """A fit on rows, with its diagnostics; one that does not apply is the error that says why.

    Parameters
    ----------
    record : FitRecord
        The fit, of which the attribute ``fit`` has the names and ``record`` the labels of its outcomes.
    design : Design
        The rows.
    units : mapping of str to float, optional
        Change in a column to which its coefficient refers.
    """

    def __init__(self, record: FitRecord, design: Design, units: Mapping[str, float] | None = None) -> None:
        self.fit, self.record = record, printed_record(record)
        self.design, self.units = design, units
        self.called = called_of(record)

    @once
    def own(self) -> bool:
        """Whether the rows are those of the fit."""
        return is_sample(self.record, self.design)

    @property
    def perfect(self) -> bool:
        """Whether every row is fitted perfectly, so that the rows of the fit tell nothing."""
        return self.record.separated_completely and self.own

    @once
    def summary(self) -> Document:
        """The summary of the fit."""
        return summary_document(self.fit, self.units)

    @once
    def conditioning(self) -> Conditioning:
        """Near collinearity of the columns."""
        return conditioning(self.fit)

    @once
    def discrimination(self) -> Discrimination | LogitkitError:
        """The areas under the ROC curves."""
        return self._or_why(lambda: discrimination(self.fit, self.design))

    @once
    def calibration(self) -> Calibration | LogitkitError:
        """Observed against predicted rates."""
        return self._or_why(lambda: calibration(self.fit, self.design))

    @once
    def hosmer_lemeshow(self) -> HosmerLemeshow | LogitkitError:
        """The Hosmer-Lemeshow test."""
        return self._or_why(lambda: hosmer_lemeshow(self.fit, self.design))

    @once
    def goodness(self) -> GoodnessOfFit | LogitkitError | None:
        """Tests of fit side by side; None of so many rows that every one of them rejects, and takes long."""
        if self.design.n_rows > ROWS_TESTED or self.perfect:
            return None
        return self._or_why(lambda: goodness_of_fit(self.fit, self.design))

    @once
    def collinearity(self) -> Collinearity | LogitkitError:
        """Variance inflation of the terms."""
        return self._or_why(lambda: collinearity(self.fit))

    @once
    def parallel(self) -> ChiSquareTests | LogitkitError | None:
        """Score tests of one coefficient for all thresholds; None where outcomes have no order or it takes long."""
        if not self.record.family.words.ordered or not self.own or self.record.coef.size > COEFFICIENTS_FREED:
            return None
        return self._or_why(lambda: proportional_odds_test(self.fit, self.design))

    @once
    def influence(self) -> Influence | LogitkitError | None:
        """Leverage and Cook's distance; None on rows that have no influence, or where they are not defined."""
        record = self.record
        if record.is_penalised or not self.own:
            return None
        if not record.has_event and (record.separated_completely or record.coef.size > INFLUENCE_MOST):
            return None
        return self._or_why(lambda: influence(record, self.design))

    def _or_why(self, compute: Callable[[], T]) -> T | LogitkitError:
        """Return a result with the labels of the fit, or the error that says why there is none."""
        try:
            return in_print(compute(), self.called)
        except LogitkitError as why:
            return why
