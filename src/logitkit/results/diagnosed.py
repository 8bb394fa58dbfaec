"""Diagnostics of a fit, on its own rows or on others with an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from logitkit.report import diagnostic_frames as frames
from logitkit.results.estimates import Estimates
from logitkit.results.rows import Rows
from logitkit.results.shown import shown
from logitkit.typing import ResidualKind

if TYPE_CHECKING:
    from logitkit.diagnostics.calibration import Calibration
    from logitkit.diagnostics.classification import Classification
    from logitkit.diagnostics.discrimination import Discrimination
    from logitkit.diagnostics.goodness import HosmerLemeshow
    from logitkit.inference.dual_bound import Certificate

__all__ = ["Diagnosed"]


class Diagnosed(Estimates):
    """Estimates with verbs that look at residuals, influence, fit, ranking and calibration.

    Parameters
    ----------
    record : FitRecord
        Everything that is known after the fit.
    design : Design, optional
        The rows of the fit.
    """

    def residuals(
        self,
        kind: ResidualKind = "deviance",
        data: Any = None,
        weights: Any = None,
        offset: Any = None,
        y: Any = None,
    ) -> pd.Series:
        """Return residuals of one kind.

        Parameters
        ----------
        kind : {'deviance', 'pearson', 'response', 'working'}
            As R defines them. With frequency weights, those of each copy of a row, as if the rows were written out.
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        weights, offset, y : str or array-like, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        pandas.Series
            One value a row that is used.
        """
        from logitkit.diagnostics.residuals import residuals

        design = Rows(self.record, self.design, data, weights, offset, y).told()
        return frames.residual_series(residuals(self.record, design, kind), design, kind)

    def influence(self, data: Any = None, weights: Any = None, offset: Any = None, y: Any = None) -> pd.DataFrame:
        """Return leverage, Cook's distance and standardised residuals; with frequency weights, of each copy of a row.

        Parameters
        ----------
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        weights, offset, y : str or array-like, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        pandas.DataFrame
            A row a row that is used.
        """
        from logitkit.diagnostics.influence import influence

        design = Rows(self.record, self.design, data, weights, offset, y).told()
        return frames.influence_frame(influence(self.record, design), design)

    def goodness_of_fit(
        self,
        data: Any = None,
        groups: int = 10,
        grouping: Literal["stata", "r"] = "stata",
        weights: Any = None,
        offset: Any = None,
        y: Any = None,
    ) -> HosmerLemeshow:
        """Return the Hosmer-Lemeshow test with its groups.

        Parameters
        ----------
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        groups : int, default 10
            Number of groups.
        grouping : {'stata', 'r'}
            How rows are put into groups; the two can differ visibly.
        weights, offset, y : str or array-like, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        HosmerLemeshow
            Statistic, degrees of freedom, p-value, and the table. Refused on the rows of a saturated model.
        """
        from logitkit.diagnostics.goodness import hosmer_lemeshow

        return shown(
            hosmer_lemeshow(
                self.record,
                Rows(self.record, self.design, data, weights, offset, y).design,
                groups=groups,
                grouping=grouping,
            )
        )

    def discrimination(
        self, data: Any = None, weights: Any = None, offset: Any = None, y: Any = None
    ) -> Discrimination:
        """Return the ROC curve and the area under it.

        Parameters
        ----------
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        weights, offset, y : str or array-like, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        Discrimination
            Area with interval, and the curve. The interval is DeLong's, of an area of 1 or 0 an exact one.
        """
        from logitkit.diagnostics.discrimination import discrimination

        return shown(discrimination(self.record, Rows(self.record, self.design, data, weights, offset, y).design))

    def classification(
        self,
        data: Any = None,
        threshold: float | None = None,
        weights: Any = None,
        offset: Any = None,
        y: Any = None,
    ) -> Classification:
        """Return the confusion table of events predicted from a threshold on, with what is read from it.

        Parameters
        ----------
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        threshold : float, optional
            Probability from which an event is predicted, 0.5 by default.
        weights, offset, y : str or array-like, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        Classification
            The table; accuracy with interval, sensitivity, specificity and predictive values; agreement beyond chance;
            log loss and Brier score.
        """
        from logitkit.diagnostics.classification import classification

        rows = Rows(self.record, self.design, data, weights, offset, y).design
        return shown(classification(self.record, rows, threshold=threshold))

    def calibration(
        self, data: Any = None, bins: int = 10, weights: Any = None, offset: Any = None, y: Any = None
    ) -> Calibration:
        """Return predicted against observed rates.

        Parameters
        ----------
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        bins : int, default 10
            Number of bins.
        weights, offset, y : str or array-like, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        Calibration
            Bins with intervals, calibration intercept and slope, Brier score.
        """
        from logitkit.diagnostics.calibration import calibration

        return shown(
            calibration(self.record, Rows(self.record, self.design, data, weights, offset, y).design, bins=bins)
        )

    def collinearity(self) -> pd.DataFrame:
        """Return variance inflation factors, generalised for terms of several columns.

        Returns
        -------
        pandas.DataFrame
            A row a term.
        """
        from logitkit.diagnostics.collinearity import collinearity

        return frames.collinearity_frame(collinearity(self.record))

    def certificate(self, data: Any = None, weights: Any = None, offset: Any = None, y: Any = None) -> Certificate:
        """Return how far the penalised objective is above its minimum at most, proved apart from the solver.

        Parameters
        ----------
        data : table or matrix, optional
            The rows of the fit, for a fit that was loaded; those of the fit by default. Other rows have another
            objective, and the certificate says that they are others.
        weights, offset, y : str or array-like, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        Certificate
            Objective, lower bound, duality gap and the distance from the conditions of optimality.
        """
        from logitkit.inference.certificate import certificate

        return shown(certificate(self.record, Rows(self.record, self.design, data, weights, offset, y).design))
