"""Residuals of a fit, and the influence of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from logitkit.errors import DataError
from logitkit.options import is_count, require_choice, require_flag
from logitkit.results.given_rows import OfRows
from logitkit.typing import AnyResidualKind

if TYPE_CHECKING:
    from logitkit.design.design import Design
    from logitkit.diagnostics.residuals.fragility import FragilityChange
    from logitkit.results.diagnosed.fragility import FragilityResult
    from logitkit.results.diagnosed.leave_out import LeaveOutResult
    from logitkit.results.diagnosed.simulated import SimulatedResidualsResult

__all__ = ["ResidualVerbs"]


class ResidualVerbs(OfRows):
    """Residuals and influence."""

    def residuals(
        self,
        kind: AnyResidualKind = "deviance",
        data: Any = None,
        *,
        seed: int | None = None,
        to: str | Path | None = None,
        keys: str | Sequence[str] = (),
    ) -> Any:
        """Return residuals of one kind; with several outcomes, those of each outcome against the others.

        Parameters
        ----------
        kind : str
            ``"deviance"``, ``"pearson"``, ``"response"`` or ``"working"``, defined as in R; with several outcomes,
            working residuals are on the scale of the log odds of each outcome. ``"standardized_deviance"`` and
            ``"standardized_pearson"`` are divided by the square root of 1 - leverage, for the rows of the fit.
            ``"score"``: the derivative of the log-likelihood with respect to each coefficient. ``"partial"``: one per
            term, for an event. ``"quantile"`` (randomised, standard normal) and ``"surrogate"`` (of the latent
            variable): for an event and for ordered outcomes. With frequency weights, residuals are those of one copy of
            a row, as if each row were repeated.
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        seed : int, optional
            Random seed for quantile and surrogate residuals.
        to : str or Path, optional
            A new folder, into which the result is written as Parquet files, block by block.
        keys : str or sequence of str
            With ``to``, columns of the table that are also written; by default ``row``, the position of the row.

        Returns
        -------
        pandas.Series, pandas.DataFrame or Path
            One row per row used. There is one column per outcome if there are several, one per coefficient for score
            residuals, and one per term for partial residuals. With ``to``, the path of the folder.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.residuals("pearson")[:3].round(3).tolist()
        [-0.454, -0.407, -0.992]
        """
        from logitkit.diagnostics.residuals.any_kind import residuals_of_kind
        from logitkit.report.frames import diagnostics as frames
        from logitkit.results.row_frames import row_frame

        rows = self._rows_of(data)

        def make(part: Design) -> Any:
            return frames.residuals_frame(rows.record, residuals_of_kind(rows.record, part, kind, seed), part, kind)

        return row_frame(rows, make, "residuals", to, keys)

    def simulated_residuals(
        self, n: int = 250, data: Any = None, *, seed: int | None = None, by: Any = None
    ) -> SimulatedResidualsResult:
        """Return residuals from simulations of the fitted model, with tests of uniformity, dispersion and outliers.

        Rows of counts are compared one by one if the counts are large enough. Otherwise rows are first grouped: by
        covariate pattern if there are enough patterns with enough rows each, else by similar predicted probabilities.
        The result says how they were grouped.

        Parameters
        ----------
        n : int, default 250
            Number of simulated data sets.
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        seed : int, optional
            Random seed.
        by : str or (n,) array-like, optional
            Groups of rows to compare: a column of the table, or an array with one value per row.

        Returns
        -------
        SimulatedResidualsResult
            Prints the three tests; ``to_frame()`` returns the groups, and ``plot()`` draws the residuals.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.simulated_residuals(seed=1)
        >>> round(found.uniformity_p, 2), round(found.dispersion, 2)
        (0.98, 0.99)
        """
        from logitkit.results.diagnosed.simulated import simulated_of_rows

        return simulated_of_rows(self._rows_of(data), n, seed, by, data)

    def influence(
        self,
        data: Any = None,
        *,
        largest: int | None = None,
        by: Literal["row", "pattern"] = "row",
        to: str | Path | None = None,
        keys: str | Sequence[str] = (),
    ) -> Any:
        """Return leverage, Cook's distance, standardised residuals, and the changes in fit when a row is left out.

        With frequency weights, the values are those of one copy of a row, as if each row were repeated.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, if it was loaded; by default those that the fit holds.
        largest : int, optional
            Return only this number of rows, those with the largest Cook's distances, in descending order.
        by : {'row', 'pattern'}, default 'row'
            What is left out: a row, or all rows of a covariate pattern (rows that are equal in all columns of X and the
            offset), as in Stata. With ``'pattern'``, each row has the values of its pattern.
        to : str or Path, optional
            A new folder, into which the result is written as Parquet files, block by block.
        keys : str or sequence of str
            With ``to``, columns of the table that are also written; by default ``row``, the position of the row.

        Returns
        -------
        pandas.DataFrame or Path
            Columns leverage and cooks_distance, one row per row used. For an event, also standardized_pearson and
            standardized_deviance; with several outcomes, pearson and deviance, the contributions of the row to the two
            statistics. Then c and cbar, Pregibon's displacements, and pearson_deleted and deviance_deleted, the
            approximate decreases of Pearson's statistic and of the deviance when the row is deleted (SAS: C, CBAR,
            DIFCHISQ, DIFDEV).

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.influence()[["leverage", "cooks_distance"]].head(3).round(4)
           leverage  cooks_distance
        0    0.0274          0.0015
        1    0.0214          0.0009
        2    0.0193          0.0049
        """
        from logitkit.diagnostics.residuals.influence import influence
        from logitkit.diagnostics.residuals.influential import most_influential
        from logitkit.diagnostics.residuals.patterns import influence_by_pattern
        from logitkit.report.frames import diagnostics as frames
        from logitkit.results.row_frames import row_frame

        rows = self._rows_of(data)
        require_choice("by", by, ("row", "pattern"))
        if by == "pattern":
            if largest is not None:
                raise DataError(f"largest={largest!r:.60} counts rows; it does not go with by='pattern'.")
            found = influence_by_pattern(rows.record, rows.told())
            return row_frame(rows, lambda part: frames.influence_frame(found, part), "influence", to, keys)
        if largest is not None:
            if to is not None or not is_count(largest, 1):
                raise DataError(f"largest={largest!r:.60} must be a whole number of at least 1, without to=.")
            found = most_influential(rows.record, rows.design, largest).rows
            return frames.influence_frame(found, replace(rows.design, positions=found.positions))

        def make(part: Design) -> Any:
            return frames.influence_frame(influence(rows.record, part), part)

        return row_frame(rows, make, "influence", to, keys)

    def dfbetas(
        self,
        data: Any = None,
        *,
        scaled: bool = True,
        by: Literal["row", "pattern"] = "row",
        to: str | Path | None = None,
        keys: str | Sequence[str] = (),
    ) -> Any:
        """Return the change of each coefficient when each row is left out, approximated by one Newton step.

        ``leave_out`` returns the exact changes, from refits.

        Parameters
        ----------
        data : table, optional
            As in ``influence``.
        scaled : bool, default True
            Whether changes are divided by the model-based standard errors of the fit, as in SAS. (R divides by those
            without the row, and uses deviance residuals instead of Pearson residuals.)
        by : {'row', 'pattern'}, default 'row'
            As in ``influence``.
        to : str or Path, optional
            As in ``influence``.
        keys : str or sequence of str
            As in ``influence``.

        Returns
        -------
        pandas.DataFrame or Path
            The estimate minus that without the row; one row per row used and one column per coefficient. Values are
            missing for coefficients without a finite estimate, and for rows that alone determine a coefficient.

        Examples
        --------
        The largest change of each coefficient, in standard errors:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.dfbetas().abs().max().round(2).to_dict()
        {'Intercept': 0.42, 'age': 0.27, 'lwt': 0.41, 'smoke': 0.16}
        """
        from logitkit.diagnostics.residuals.dfbetas import dfbetas
        from logitkit.diagnostics.residuals.patterns import dfbetas_by_pattern
        from logitkit.report.frames import diagnostics as frames
        from logitkit.results.row_frames import row_frame

        rows = self._rows_of(data)
        require_choice("by", by, ("row", "pattern"))
        require_flag("scaled", scaled)
        if by == "pattern":
            found = dfbetas_by_pattern(rows.record, rows.told(), scaled=scaled)
            return row_frame(rows, lambda part: frames.dfbetas_frame(rows.record, found, part), "dfbetas", to, keys)

        def make(part: Design) -> Any:
            return frames.dfbetas_frame(rows.record, dfbetas(rows.record, part, scaled=scaled), part)

        return row_frame(rows, make, "dfbetas", to, keys)

    def leave_out(self, by: Any = None, data: Any = None) -> LeaveOutResult:
        """Refit the model without each row or cluster, and predict the rows left out.

        Parameters
        ----------
        by : str or (n,) array-like, optional
            Groups of rows that are left out together: a column of the table, or an array with one value per row. By
            default, single rows are left out, and of a row with a frequency weight, one observation.
        data : table, optional
            The rows of the fit, if it was loaded; by default those that the fit holds.

        Returns
        -------
        LeaveOutResult
            Prints the range of each coefficient; ``to_frame()``, ``changes()`` and ``predictions()`` return tables.
            Estimates are exact: they are those of a fit to the other rows, and infinite if these are separated.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.leave_out()
        >>> found.changes().head(2).round(4)
           Intercept     age     lwt   smoke
        0     0.0182  0.0010 -0.0004  0.0078
        1     0.0411 -0.0015 -0.0001  0.0066
        """
        from logitkit.results.diagnosed.leave_out import leave_out_of_rows

        return leave_out_of_rows(self._rows_of(data), by, data)

    def fragility(
        self,
        name: str,
        change: FragilityChange = "sign",
        level: float | None = None,
        data: Any = None,
        *,
        most: int | None = None,
    ) -> FragilityResult:
        """Return a small set of rows whose removal changes the sign or the significance of a coefficient.

        Rows are chosen by their influence, and a refit confirms the change. A smaller set may exist.

        Parameters
        ----------
        name : str
            The coefficient, as named in the summary.
        change : {'sign', 'significance'}
            ``"significance"``: removing the rows changes whether the confidence interval includes zero.
        level : float, optional
            Confidence level; that of the fit by default.
        data : table, optional
            As in ``influence``.
        most : int, optional
            Maximum number of rows to leave out; by default half of the rows.

        Returns
        -------
        FragilityResult
            Prints the coefficient with and without the set; ``labels`` are the labels of the rows in the set.

        Examples
        --------
        The number of rows, of 189, whose removal changes the sign of the coefficient, and the new coefficient:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.fragility("smoke")
        >>> len(found.rows), round(found.after.estimate, 3)
        (12, -0.055)
        """
        from logitkit.results.diagnosed.fragility import fragility_of_rows

        return fragility_of_rows(self._rows_of(data), name, change, level, most)

    def outcome_influence(
        self, data: Any = None, *, to: str | Path | None = None, keys: str | Sequence[str] = ()
    ) -> Any:
        """Return leverage and standardised residuals of each outcome against the others.

        Parameters
        ----------
        data : table, optional
            As in ``influence``.
        to : str or Path, optional
            As in ``influence``.
        keys : str or sequence of str
            As in ``influence``.

        Returns
        -------
        pandas.DataFrame or Path
            Columns leverage, standardized_pearson and standardized_deviance; one row per row used and outcome.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.multinomial("race ~ age + lwt", births)
        >>> fit.outcome_influence().head(3).round(3)
                     leverage  standardized_pearson  standardized_deviance
        row outcome
        0   white       0.031                -0.907                 -1.100
            black       0.037                 1.266                  1.392
            other       0.029                -0.448                 -0.605
        """
        from logitkit.diagnostics.residuals.influence import influence
        from logitkit.report.frames import diagnostics as frames
        from logitkit.results.row_frames import row_frame

        rows = self._rows_of(data)

        def make(part: Design) -> Any:
            return frames.influence_by_outcome_frame(influence(rows.record, part), part)

        return row_frame(rows, make, "outcome_influence", to, keys)
