"""Residuals of a fit, and the influence of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from logitkit.errors import DataError
from logitkit.options import is_count, require_choice, require_flag
from logitkit.report.frames import diagnostics as frames
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
            ``"standardized_pearson"``, over the root of 1 - leverage, of the rows of the fit. ``"score"``, the
            derivative of the log-likelihood by each coefficient. ``"partial"``, of each term, of an event.
            ``"quantile"`` (randomised, standard normal) and ``"surrogate"`` (of the latent variable), of an event and
            of ordered outcomes. With frequency weights, the residual of each copy of a row, as if the rows were
            written out.
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        seed : int, optional
            Of the draws of quantile and surrogate residuals.
        to : str or Path, optional
            A new folder, into which the table is written as Parquet files, block by block.
        keys : str or sequence of str
            With ``to``, columns of the rows that are written beside; by default ``row``, the position of the row.

        Returns
        -------
        pandas.Series, pandas.DataFrame or Path
            One row per row used; with several outcomes one column per outcome, of scores one per coefficient, of
            partial residuals one per term.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.residuals("pearson")[:3].round(3).tolist()
        [-0.454, -0.407, -0.992]
        """
        from logitkit.diagnostics.residuals.any_kind import residuals_of_kind
        from logitkit.results.row_frames import row_frame

        rows = self._rows_of(data)

        def make(part: Design) -> Any:
            return frames.residuals_frame(rows.record, residuals_of_kind(rows.record, part, kind, seed), part, kind)

        return row_frame(rows, make, "residuals", to, keys)

    def simulated_residuals(
        self, n: int = 250, data: Any = None, *, seed: int | None = None, by: Any = None
    ) -> SimulatedResidualsResult:
        """Return residuals by simulation from the fitted model, with tests of uniformity, dispersion and outliers.

        Rows of counts are compared one by one. Single outcomes are put together first: by covariate pattern where these
        are few and full, else with neighbours by predicted probability. The result says how.

        Parameters
        ----------
        n : int, default 250
            Number of simulated data sets.
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        seed : int, optional
            Of the draws.
        by : str or (n,) array-like, optional
            Groups of rows to compare, a column of the table or an array as long.

        Returns
        -------
        SimulatedResidualsResult
            Prints the three tests; ``to_frame()`` has the groups, ``plot()`` draws them.

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
        """Return leverage, Cook's distance, standardised residuals, and what changes when a row is left out.

        With frequency weights they are those of each copy of a row, as if the rows were written out.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, which a loaded fit needs; by default those that the fit holds.
        largest : int, optional
            So many rows with the largest Cook's distance, these first, in place of all rows.
        by : {'row', 'pattern'}, default 'row'
            What is left out: a row, or all rows of a covariate pattern (equal in all columns of X and the offset), as
            in Stata. Each row then has the values of its pattern.
        to : str or Path, optional
            A new folder, into which the table is written as Parquet files, block by block.
        keys : str or sequence of str
            With ``to``, columns of the rows that are written beside; by default ``row``, the position of the row.

        Returns
        -------
        pandas.DataFrame or Path
            Columns leverage and cooks_distance, one row per row used. For an event also standardized_pearson and
            standardized_deviance; with several outcomes pearson and deviance, what the row adds to the two statistics.
            Then Pregibon's displacements c and cbar, and the approximate decrease of Pearson's statistic and of the
            deviance when the row is deleted, pearson_deleted and deviance_deleted (SAS: C, CBAR, DIFCHISQ, DIFDEV).

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
        """Return how each coefficient changes when each row is left out, by one Newton step.

        ``leave_out`` has the same from refits.

        Parameters
        ----------
        data : table, optional
            As in ``influence``.
        scaled : bool, default True
            Whether changes are divided by the model-based standard errors of the fit, as in SAS. (R divides by those
            without the row, and takes deviance residuals for Pearson residuals.)
        by : {'row', 'pattern'}, default 'row'
            As in ``influence``.
        to : str or Path, optional
            As in ``influence``.
        keys : str or sequence of str
            As in ``influence``.

        Returns
        -------
        pandas.DataFrame or Path
            The estimate less that without the row, one row per row used and one column per coefficient; missing where a
            coefficient has no finite estimate, and for rows with a coefficient of their own.

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
        """Refit the model without each row or cluster, exactly, and predict what is left out.

        Parameters
        ----------
        by : str or (n,) array-like, optional
            Groups of rows that are left out together, a column of the table or an array as long; each row by default.
            Of a row with a frequency weight one observation is left out.
        data : table, optional
            The rows of the fit, which a loaded fit needs; by default those that the fit holds.

        Returns
        -------
        LeaveOutResult
            Prints the range of each coefficient; ``to_frame()``, ``changes()`` and ``predictions()`` are tables.
            Estimates are exact: those of a fit to the other rows, infinite where these are separated.

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
        """Return a small set of rows without which a coefficient changes its sign or its significance.

        Rows are chosen by their influence, and a refit proves the set. That no smaller set would do is not proved.

        Parameters
        ----------
        name : str
            The coefficient, as the summary names it.
        change : {'sign', 'significance'}
            ``"significance"``: the interval includes zero without these rows where it does not with them, or the other
            way round.
        level : float, optional
            Confidence level; that of the fit by default.
        data : table, optional
            As in ``influence``.
        most : int, optional
            Rows to leave out at most; half of them by default.

        Returns
        -------
        FragilityResult
            Prints the coefficient with and without the set; ``labels`` are those of the rows in the set.

        Examples
        --------
        How many rows of 189 turn the sign of the coefficient, which is then:

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
        from logitkit.results.row_frames import row_frame

        rows = self._rows_of(data)

        def make(part: Design) -> Any:
            return frames.influence_by_outcome_frame(influence(rows.record, part), part)

        return row_frame(rows, make, "outcome_influence", to, keys)
