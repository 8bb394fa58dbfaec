"""Diagnostics of a fit of several outcomes, on its own rows or on others with an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from logitkit.engine.record import FitRecord
from logitkit.models.nominal import places_of
from logitkit.report import diagnostic_frames as frames
from logitkit.results.model import Model
from logitkit.results.rows import Rows
from logitkit.results.shown import shown
from logitkit.typing import ResidualKind

if TYPE_CHECKING:
    from logitkit.diagnostics.calibration import Calibration
    from logitkit.diagnostics.classification import Classification
    from logitkit.diagnostics.discrimination import Discrimination
    from logitkit.diagnostics.goodness import HosmerLemeshow
    from logitkit.inference.dual_bound import Certificate

__all__ = ["OutcomeDiagnosed"]


class OutcomeDiagnosed(Model):
    """A model of several outcomes with verbs that look at residuals, influence, fit, ranking and calibration.

    Parameters
    ----------
    record : FitRecord
        Everything that is known after the fit.
    design : Design, optional
        The rows of the fit.
    """

    record: FitRecord

    def residuals(
        self,
        kind: ResidualKind = "deviance",
        data: Any = None,
        weights: Any = None,
        offset: Any = None,
        y: Any = None,
    ) -> pd.DataFrame:
        """Return residuals of each outcome against the others.

        Parameters
        ----------
        kind : {'deviance', 'pearson', 'response', 'working'}
            Of two outcomes, those of the binary model; working residuals are on the scale of the log odds of each
            outcome. With frequency weights, those of each copy of a row.
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        weights, offset, y : str, array-like or by outcome, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        pandas.DataFrame
            A row a row that is used, and a column an outcome.
        """
        from logitkit.diagnostics.residuals import residuals

        design = Rows(self.record, self.design, data, weights, offset, y).told()
        return frames.residual_frame(self.record, residuals(self.record, design, kind), design)

    def influence(self, data: Any = None, weights: Any = None, offset: Any = None, y: Any = None) -> pd.DataFrame:
        """Return leverage, Cook's distance, and what each row adds to Pearson's statistic and the deviance.

        With frequency weights, those of each copy of a row, as if the rows were written out.

        Parameters
        ----------
        data : table or matrix, optional
            The rows of the fit, for a fit that was loaded; those of the fit by default.
        weights, offset, y : str, array-like or by outcome, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        pandas.DataFrame
            leverage, cooks_distance, pearson, deviance and pearson_deleted, by about which Pearson's statistic falls
            without the row; a row a row that is used.
        """
        from logitkit.diagnostics.influence import influence

        design = Rows(self.record, self.design, data, weights, offset, y).told()
        return frames.influence_by_row_frame(influence(self.record, design), design)

    def outcome_influence(
        self, data: Any = None, weights: Any = None, offset: Any = None, y: Any = None
    ) -> pd.DataFrame:
        """Return leverage and standardised residuals of each outcome against the others.

        Parameters
        ----------
        data, weights, offset, y
            As in ``influence``.

        Returns
        -------
        pandas.DataFrame
            leverage, standardized_pearson, standardized_deviance, a row a row that is used and an outcome.
        """
        from logitkit.diagnostics.influence import influence

        design = Rows(self.record, self.design, data, weights, offset, y).told()
        return frames.influence_by_outcome_frame(influence(self.record, design), design)

    def goodness_of_fit(
        self,
        data: Any = None,
        groups: int = 10,
        grouping: Literal["stata", "r"] = "stata",
        against: Any = None,
        weights: Any = None,
        offset: Any = None,
        y: Any = None,
    ) -> HosmerLemeshow:
        """Return the generalised Hosmer-Lemeshow test with its groups.

        Parameters
        ----------
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        groups : int, default 10
            Number of groups.
        grouping : {'stata', 'r'}
            How rows are put into groups; the two can differ visibly.
        against : object, optional
            The outcome whose probability makes the groups; the reference by default, the first outcome in symmetric
            form.
        weights, offset, y : str, array-like or by outcome, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        HosmerLemeshow
            Statistic, degrees of freedom, p-value, and the table.
        """
        from logitkit.diagnostics.goodness import hosmer_lemeshow

        design = Rows(self.record, self.design, data, weights, offset, y).design
        place = places_of(self.record.info, against=against)[0]
        return shown(hosmer_lemeshow(self.record, design, groups=groups, grouping=grouping, reference=place))

    def discrimination(
        self, data: Any = None, weights: Any = None, offset: Any = None, y: Any = None
    ) -> Discrimination:
        """Return areas under curves: Hand and Till's, and those of each outcome against the rest.

        Parameters
        ----------
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        weights, offset, y : str, array-like or by outcome, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        Discrimination
            Areas with intervals, pair by pair and one against the rest, and the curves.
        """
        from logitkit.diagnostics.discrimination import discrimination

        return shown(discrimination(self.record, Rows(self.record, self.design, data, weights, offset, y).design))

    def classification(
        self, data: Any = None, weights: Any = None, offset: Any = None, y: Any = None
    ) -> Classification:
        """Return the confusion table of the most probable outcomes, with what is read from it.

        Parameters
        ----------
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        weights, offset, y : str, array-like or by outcome, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        Classification
            Accuracy with interval; precision, recall and F1 of each outcome and on average; agreement beyond chance;
            log loss and Brier score.
        """
        from logitkit.diagnostics.classification import classification

        return shown(classification(self.record, Rows(self.record, self.design, data, weights, offset, y).design))

    def calibration(
        self,
        data: Any = None,
        bins: int = 10,
        against: Any = None,
        weights: Any = None,
        offset: Any = None,
        y: Any = None,
    ) -> Calibration:
        """Return predicted against observed rates of each outcome.

        Parameters
        ----------
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        bins : int, default 10
            Number of bins.
        against : object, optional
            The outcome that intercepts and slopes compare the others with; the reference by default, the first outcome
            in symmetric form.
        weights, offset, y : str, array-like or by outcome, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        Calibration
            Bins with intervals, calibration intercepts and slopes, calibration error, Brier score and log loss.
        """
        from logitkit.diagnostics.calibration import calibration

        design = Rows(self.record, self.design, data, weights, offset, y).design
        place = places_of(self.record.info, against=against)[0]
        return shown(calibration(self.record, design, bins=bins, reference=place))

    def collinearity(self) -> pd.DataFrame:
        """Return generalised variance inflation factors, each of a term's coefficients for all outcomes together.

        Returns
        -------
        pandas.DataFrame
            gvif, dof and gvif_scaled, a row a term.
        """
        from logitkit.diagnostics.collinearity import collinearity

        return frames.collinearity_frame(collinearity(self.record))

    def certificate(self, data: Any = None, weights: Any = None, offset: Any = None) -> Certificate:
        """Return how far the penalised objective is above its minimum at most, proved apart from the solver.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, for a fit that was loaded; those of the fit by default. Other rows have another
            objective, and the certificate says that they are others.
        weights, offset : str, array-like or by outcome, optional
            Demanded with ``data`` when the fit was given arrays.

        Returns
        -------
        Certificate
            Objective, lower bound, duality gap and the distance from the conditions of optimality.
        """
        from logitkit.inference.certificate import certificate

        return shown(certificate(self.record, Rows(self.record, self.design, data, weights, offset).design))
