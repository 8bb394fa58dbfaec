"""The fits of many groups: tables, predictions, and the full fit of each group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

import numpy as np
import pandas as pd

from logitkit.design.chunks.groups import GroupsInChunks
from logitkit.design.group_rows import GroupRows
from logitkit.design.rebuild import new_rows
from logitkit.design.table.checks import require_finite
from logitkit.design.table.frame import read_table
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError, UnsupportedError, nearest_name, quoted_names
from logitkit.inference.by import GroupedRecord, fit_group, grouped_predictor
from logitkit.inference.delta import wald_estimates
from logitkit.models.model import Model
from logitkit.options import require_choice
from logitkit.report.frames.rows import scatter
from logitkit.report.frames.shown import ResultFrame
from logitkit.report.grouped import grouped_document
from logitkit.results.fit import Fit
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.shown import Summary, shown_summary
from logitkit.typing import IntArray, UnseenPolicy

__all__ = ["GroupedFits"]


@verbs_in_our_words
class GroupedFits:
    """Logistic regressions, one for each group of a table.

    Parameters
    ----------
    record : GroupedRecord
        The frozen record of the fits.
    rows : GroupRows, GroupsInChunks or None
        The rows of the fits and their groups, which are not pickled.
    solver : Newton
        Options of the solver.

    Examples
    --------
    With an intercept, the fitted probabilities of each group sum to its events:

    >>> import logitkit as lk
    >>> data = lk.datasets.load_lbw()
    >>> fits = lk.logit_by("low ~ age + lwt", data, by="smoke")
    >>> fits.coef.shape, fits[0].n_obs
    ((2, 3), 115)
    >>> sums = fits.predict(data).groupby(data["smoke"]).sum()
    >>> bool(np.allclose(sums, fits.glance()["events"]))
    True
    """

    def __init__(self, record: GroupedRecord, rows: GroupRows | GroupsInChunks | None, solver: Newton) -> None:
        self.record = record
        self.rows = rows
        self.solver = solver

    @property
    def coef(self) -> pd.DataFrame:
        """Coefficients, one row per group and one column per term; they can be infinite or nan, as in a single fit."""
        return self._by_term(self.record.coef)

    @property
    def std_error(self) -> pd.DataFrame:
        """Standard errors, one row per group and one column per term."""
        return self._by_term(self.record.std_error)

    @property
    def model(self) -> Model:
        """The model that was fitted to each group; it states the event even where that was taken from the data."""
        return cast("Model", self.record.form.model)

    @property
    def groups(self) -> pd.Index:
        """Labels of the groups: values of the column, or tuples of values of several columns."""
        names, columns = self.record.groups.names, self._columns()
        if len(names) == 1:
            labels: pd.Index = pd.Index(columns[names[0]], name=names[0])
            return labels
        return pd.MultiIndex.from_arrays(list(columns.values()), names=list(names))

    def tidy(self, level: float | None = None) -> pd.DataFrame:
        """Return one row per group and coefficient.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the fits by default.

        Returns
        -------
        pandas.DataFrame
            The columns that define the groups, then term, estimate, std_error, statistic, p_value, conf_low, conf_high.
        """
        record = self.record
        n_groups, p = record.coef.shape
        table = wald_estimates(record.coef.ravel(), record.std_error.ravel(), record.level if level is None else level)
        return ResultFrame(
            {name: np.repeat(np.asarray(values), p) for name, values in self._columns().items()}
            | {
                "term": np.tile(np.array(record.info.names, dtype=object), n_groups),
                "estimate": table.estimate,
                "std_error": table.std_error,
                "statistic": table.statistic,
                "p_value": table.p_value,
                "conf_low": table.low,
                "conf_high": table.high,
            }
        )

    def glance(self) -> pd.DataFrame:
        """Return one row per group with the statistics of its fit.

        Returns
        -------
        pandas.DataFrame
            The columns that define the groups, then n_obs, n_params, events, loglik, deviance, aic, converged, status,
            and the names of the aliased, nearly collinear and separated (infinite or undetermined) coefficients.
        """
        record = self.record
        names = {
            what: [", ".join(quoted_names(record.names_where(group, what))) for group in range(len(self))]
            for what in ("aliased", "collinear", "separated")
        }
        return ResultFrame(
            self._columns()
            | {
                "n_obs": record.n_obs,
                "n_params": record.n_params,
                "events": record.events,
                "loglik": record.loglik,
                "deviance": record.deviance,
                "aic": record.aic,
                "converged": record.converged,
                "status": list(record.status),
            }
            | names
        )

    def at(self, group: Any) -> Fit:
        """Return the full fit of one group, on its rows.

        Parameters
        ----------
        group : object
            Value of the column that defines the groups, or a tuple of values of several columns.

        Returns
        -------
        Fit
            The fit with all its methods; its columns are those common to all groups.
        """
        number, rows = self._number(group), self._own_rows()
        record = self.record.single.get(number)
        if record is None:
            made = self.record
            record = fit_group(rows, number, made.form, self.solver, made.level, made.conventions)
        return Fit(record, rows.design_of(number))

    def predict(self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise") -> pd.Series:
        """Return the probability of the event for each row, from the fit of its group.

        Parameters
        ----------
        data : table, optional
            New rows with the columns that define the groups; the rows of the fits by default.
        offset : str or array-like, optional
            Required if the offset of the fits was an array.
        unseen : {'raise', 'missing'}
            Whether an unknown group, or a level that does not occur in the group of the row, is an error or gives a
            missing prediction.

        Returns
        -------
        pandas.Series
            With the index of the table; missing where a variable is missing.
        """
        eta = self._predictors(data, offset, unseen)
        return pd.Series(self.record.family.mean(eta.to_numpy()), eta.index, name="probability")

    def predict_logit(self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise") -> pd.Series:
        """Return the log odds of the event for each row; with the logit link this is the linear predictor.

        Parameters
        ----------
        data : table, optional
            As in ``predict``.
        offset : str or array-like, optional
            As in ``predict``.
        unseen : {'raise', 'missing'}
            As in ``predict``.

        Returns
        -------
        pandas.Series
            With the index of the table; missing where a variable is missing.
        """
        eta = self._predictors(data, offset, unseen)
        return pd.Series(self.record.family.log_odds(eta.to_numpy()[None])[1], eta.index, name="logit")

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.record.groups)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the labels of the groups."""
        return iter(self.groups)

    def __contains__(self, group: object) -> bool:
        """Tell whether there is a group with this label."""
        label = group if isinstance(group, tuple) else (group,)
        return len(label) == len(self.record.groups.names) and self.record.groups.find(label) >= 0

    def __getitem__(self, group: Any) -> Fit:
        """Return the full fit of one group."""
        return self.at(group)

    def summary(self, units: Mapping[str, float] | None = None) -> Summary:
        """Return facts about all fits, and the coefficients of the first groups.

        Parameters
        ----------
        units : mapping of str to float, optional
            Change in a column that its coefficients refer to, such as ``{"balance": 10_000}``; the heading states it.

        Returns
        -------
        Summary
            Displayed as text or HTML.
        """
        return shown_summary(grouped_document(self.record, units))

    def __repr__(self) -> str:
        """Return the summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        """Return the summary as HTML, for notebooks."""
        return self.summary().to_html()

    def __getstate__(self) -> dict[str, Any]:
        """Drop the rows when pickled."""
        return self.__dict__ | {"rows": None}

    def _own_rows(self) -> GroupRows | GroupsInChunks:
        if self.rows is None:
            raise DataError("Loaded fits do not hold their rows; keep the fits themselves, or fit the group again.")
        return self.rows

    def _columns(self) -> dict[str, Any]:
        groups = self.record.groups
        return {name: groups.values(column) for column, name in enumerate(groups.names)}

    def _by_term(self, values: Any) -> pd.DataFrame:
        return pd.DataFrame(values.copy(), self.groups, list(self.record.info.names))

    def _number(self, group: Any) -> int:
        groups = self.record.groups
        label = group if isinstance(group, tuple) else (group,)
        if len(label) != len(groups.names):
            raise DataError(
                f"{group!r} is not the label of a group; give one value for each of "
                f"{', '.join(quoted_names(groups.names))}."
            )
        number = groups.find(label)
        if number < 0:
            shown = label[0] if len(label) == 1 else label
            known = [str(value) for value in self.groups[:1000]]
            raise DataError(
                f"There is no group {shown!r} of {', '.join(groups.names)}. {nearest_name(str(shown), known)}"
            )
        return number

    def _predictors(self, data: Any, offset: Any, unseen: UnseenPolicy) -> pd.Series:
        """Return the linear predictor of each row."""
        require_choice("unseen", unseen, get_args(UnseenPolicy))
        return self._fitted(offset) if data is None else self._predicted(data, offset, unseen)

    def _fitted(self, offset: Any) -> pd.Series:
        if offset is not None:
            raise DataError("offset was given without data; the rows of the fits have their own.")
        rows = self._own_rows()
        if not isinstance(rows, GroupRows):
            raise UnsupportedError(
                "Predictions of rows that are read in chunks are a number per row: pass data=, a table of some rows."
            )
        design = rows.design
        codes = np.empty(rows.order.size, dtype=np.int64)
        codes[rows.order] = np.repeat(np.arange(len(self)), np.diff(rows.edges))
        sides = np.where(design.response.weights > 0.0, np.where(design.response.y > 0.5, 1.0, -1.0), 0.0)
        eta, _ = grouped_predictor(self.record, codes, design.matrix, design.response.shift, sides)
        kept = np.zeros(design.counts.given, dtype=bool)
        kept[design.positions] = True
        index = pd.RangeIndex(design.counts.given) if design.index is None else design.index
        return pd.Series(scatter(eta, kept), index)

    def _predicted(self, data: Any, offset: Any, unseen: UnseenPolicy) -> pd.Series:
        table, info = read_table(data), self.record.info
        rows = new_rows(info, data, offset=offset, unseen=unseen)
        require_finite(rows.matrix, info.names, np.flatnonzero(rows.kept))
        codes = self.record.groups.of_rows(table)[rows.kept]
        if unseen == "raise" and (codes == -1).any():
            place = int(np.flatnonzero(rows.kept)[np.argmax(codes == -1)])
            label = ", ".join(f"{name} = {table.column(name).iloc[place]}" for name in self.record.groups.names)
            raise DataError(
                f"Row {place} (from 0) belongs to the group {label}, which is not among the fitted groups; "
                "unseen='missing' gives missing predictions there."
            )
        known = np.flatnonzero(codes >= 0)
        eta = np.full(codes.size, np.nan)
        shift = None if rows.offset is None else rows.offset[0, known]
        eta[known], open_rows = grouped_predictor(self.record, codes[known], rows.matrix.take(known), shift)
        if unseen == "raise" and open_rows.any():
            self._refuse(np.flatnonzero(rows.kept)[known[open_rows]], codes[known[open_rows]])
        return pd.Series(scatter(eta, rows.kept), rows.index)

    def _refuse(self, places: IntArray, codes: IntArray) -> None:
        label = self.record.groups.words(int(codes[0]))
        raise DataError(
            f"Row {places[0]} (from 0) cannot be predicted by the fit of group {label}: it has, for example, a level "
            "that does not occur there; unseen='missing' gives missing predictions."
        )
