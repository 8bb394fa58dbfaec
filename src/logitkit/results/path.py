"""Paths of penalised models, as the user holds them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from logitkit.errors import DataError, UnsupportedError
from logitkit.execution.blas import single_threaded_blas
from logitkit.inference.sandwich import with_required_sandwich
from logitkit.penalised import fit_at
from logitkit.penalised_path import PathRecord
from logitkit.penalised_problem import ProxNewton, Shrunken
from logitkit.results.fit import Fit
from logitkit.results.shown import Summary, shown_summary
from logitkit.selection.criteria import aic, bic, ebic
from logitkit.selection.cross_validation import CrossValidation
from logitkit.selection.nested import NestedScores, nested_scores
from logitkit.shrinkage import path_dof

__all__ = ["Path", "fit_at_strength", "nested_of"]


class Path:
    """A penalised model at one strength after another.

    Parameters
    ----------
    record : PathRecord
        What was found.
    given : Shrunken
        The problem, with the rows, which a path that was pickled leaves behind.
    level : float
        Confidence level of the fits.

    Examples
    --------
    At the largest strength nothing is chosen, and more is explained from there on:

    >>> import logitkit as lk
    >>> path = lk.path("low ~ age + lwt + race + smoke", lk.datasets.load_lbw(), penalty=lk.Lasso())
    >>> int(path.n_nonzero[0]), bool((path.deviance_ratio.diff().dropna() > 0).all())
    (1, True)
    """

    def __init__(self, record: PathRecord, given: Shrunken, level: float) -> None:
        self.record = record
        self._given: Shrunken | None = given
        self._level = level
        self._scale = given.problem.strengths.scale

    @property
    def strengths(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Strengths, from the largest, shape (k,)."""
        return self.record.strengths.copy()

    @property
    def coef(self) -> pd.DataFrame:
        """Coefficients of the columns as given: a row a strength, a column a coefficient."""
        return pd.DataFrame(self.record.coef, self._index, self.record.names)

    @property
    def deviance_ratio(self) -> pd.Series:
        """Share of the null model's deviance that is explained, by strength."""
        return pd.Series(self.record.explained, self._index, name="deviance_ratio")

    @property
    def n_nonzero(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Coefficients that are not zero, the intercept included, shape (k,)."""
        return self.record.n_nonzero.copy()

    @property
    def dof(self) -> pd.Series:
        """Effective degrees of freedom by strength, the intercept included.

        For the lasso the coefficients that are not zero; with squares the trace of H (H + P)^-1 on them, H the
        information and P the second derivatives of the penalty.
        """
        return self._dof(_rows(self._given, "dof"))

    @property
    def status(self) -> str:
        """How the path ended, in words."""
        return self.record.status.value

    def __getstate__(self) -> dict[str, Any]:
        """Leave the rows behind when pickled: what needs them is then refused."""
        return {"record": self.record, "_given": None, "_level": self._level, "_scale": self._scale}

    def __copy__(self) -> Self:
        """Return the path itself, with its rows: nothing changes it."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the path itself, with its rows: nothing changes it."""
        return self

    def at(self, strength: float) -> Fit:
        """Return the fit at a strength, which need not be one of the path's.

        Parameters
        ----------
        strength : float
            Not negative.

        Returns
        -------
        Fit
            Solved anew, as ``lk.logit`` with this strength.
        """
        return fit_at_strength(self._given, strength, self._level, "given", "at")

    def criteria(self, gamma: float = 1.0) -> pd.DataFrame:
        """Return information criteria at each strength.

        Parameters
        ----------
        gamma : float, default 1
            That of the extended criterion, which counts how many sets of columns there are to choose from.

        Returns
        -------
        pandas.DataFrame
            deviance, dof, aic, bic, ebic; a row a strength.
        """
        return self._criteria(_rows(self._given, "criteria"), gamma)

    def choose(self, criterion: str = "bic", gamma: float = 1.0) -> Fit:
        """Return the fit at the strength with the least information criterion.

        Parameters
        ----------
        criterion : {'aic', 'bic', 'ebic'}
            Which one.
        gamma : float, default 1
            That of ``ebic``.

        Returns
        -------
        Fit
            Which says how its strength was chosen.
        """
        if criterion not in {"aic", "bic", "ebic"}:
            raise DataError(f"criterion={criterion!r} is not known; use 'aic', 'bic' or 'ebic'.")
        found = self._criteria(_rows(self._given, "choose"), gamma)
        strength = _least(self.record.strengths, found[criterion])
        return fit_at_strength(self._given, strength, self._level, f"least {criterion.upper()} on the path", "choose")

    def tidy(self) -> pd.DataFrame:
        """Return a row for each coefficient that is not zero, at each strength.

        Returns
        -------
        pandas.DataFrame
            step, term, estimate, strength, deviance_ratio.
        """
        step, place = np.nonzero(self.record.coef)
        return pd.DataFrame(
            {
                "step": step,
                "term": np.array(self.record.names, dtype=object)[place],
                "estimate": self.record.coef[step, place],
                "strength": self.record.strengths[step],
                "deviance_ratio": self.record.explained[step],
            }
        )

    def glance(self) -> pd.DataFrame:
        """Return a row a strength.

        Returns
        -------
        pandas.DataFrame
            strength, n_nonzero, deviance_ratio, gap_estimate (what the solver took for the duality gap, as a share of
            the null model's loss; ``path.at(strength).certificate()`` proves a bound), steps.
        """
        record = self.record
        return pd.DataFrame(
            {
                "strength": record.strengths,
                "n_nonzero": record.n_nonzero,
                "deviance_ratio": record.explained,
                "gap_estimate": record.gaps,
                "steps": record.steps,
            }
        )

    def summary(self) -> Summary:
        """Return the path as a document.

        Returns
        -------
        Summary
            Facts, and a table of some strengths.
        """
        from logitkit.report.path import path_document

        return shown_summary(path_document(self.record))

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the coefficients over the strength.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw; a new figure by default.
        title : str, optional
            Set above.

        Returns
        -------
        Axes
            Of coefficients of columns scaled as the penalty has them.
        """
        from logitkit.plots.path import plot_path

        return plot_path(self.record, self._scale, ax, title=title)

    def __repr__(self) -> str:
        """Return the summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        """Return the summary as HTML, for notebooks."""
        return self.summary().to_html()

    @property
    def _index(self) -> pd.Index:
        return pd.Index(self.record.strengths, name="strength")

    def _dof(self, given: Shrunken) -> pd.Series:
        return pd.Series(path_dof(given, self.record.strengths, self.record.coef), self._index, name="dof")

    def _criteria(self, given: Shrunken, gamma: float) -> pd.DataFrame:
        return criteria_frame(given, self.record, self._dof(given), gamma)


def criteria_frame(given: Shrunken, record: PathRecord, dof: pd.Series, gamma: float) -> pd.DataFrame:
    """Return information criteria along a path.

    Parameters
    ----------
    given : Shrunken
        The problem.
    record : PathRecord
        Its path.
    dof : Series
        Effective degrees of freedom by strength.
    gamma : float
        Of the extended criterion.

    Returns
    -------
    pandas.DataFrame
        deviance, dof, aic, bic, ebic; a row a strength.
    """
    response = given.design.response
    deviance, values = record.deviance, dof.to_numpy()
    always = int(np.count_nonzero(given.problem.strengths.whole.free))
    candidates = len(record.names) - always
    extended = ebic(deviance, values, response.n_obs, candidates, n_always=always, gamma=gamma)
    columns = {
        "deviance": deviance,
        "dof": values,
        "aic": aic(deviance, values),
        "bic": bic(deviance, values, response.n_obs),
        "ebic": extended,
    }
    return pd.DataFrame(columns, dof.index)


def _least(strengths: np.ndarray[Any, np.dtype[np.float64]], criterion: pd.Series) -> float:
    """Return the strength of the least value, or refuse where there is none."""
    values = criterion.to_numpy()
    if np.isnan(values).all():
        raise UnsupportedError(
            "The information criteria need effective degrees of freedom, which are not computed for so many "
            "coefficients. Choose by lk.cross_validate."
        )
    return float(strengths[np.nanargmin(values)])


def fit_at_strength(given: Shrunken | None, strength: float, level: float, chosen: str, verb: str) -> Fit:
    """Return the fit to all rows at a strength.

    Parameters
    ----------
    given : Shrunken or None
        The problem; None where its rows were left behind.
    strength : float
        Not negative.
    level : float
        Confidence level of the fit.
    chosen : str
        How the strength was chosen, in words.
    verb : str
        What was asked for, to be named where there are no rows.

    Returns
    -------
    Fit
        Which says how its strength was chosen.

    Raises
    ------
    UnsupportedError
        If there are no rows.
    """
    given = _rows(given, verb, strength)
    record = fit_at(given, strength, ProxNewton(), level, chosen)
    return Fit(with_required_sandwich(record, given.design), given.design)


def _rows(given: Shrunken | None, verb: str, strength: float | None = None) -> Shrunken:
    """Return the problem with its rows, or refuse where pickling has left them behind."""
    if given is None:
        at = "" if strength is None else f", or lk.logit(..., penalty=...) with the strength {strength!r}"
        raise UnsupportedError(
            f"'{verb}' needs the rows of the fit, which were left behind when the result was pickled. Fit again to the "
            f"same rows: lk.path or lk.cross_validate{at}."
        )
    return given


def nested_of(given: Shrunken | None, found: CrossValidation, rule: str) -> NestedScores:
    """Return the nested cross-validation.

    Parameters
    ----------
    given : Shrunken or None
        The problem; None where its rows were left behind.
    found : CrossValidation
        The cross-validation.
    rule : {'best', 'one_se'}
        How a strength is chosen.

    Returns
    -------
    NestedScores
        A score a fold.

    Raises
    ------
    UnsupportedError
        If there are no rows.
    """
    with single_threaded_blas():
        return nested_scores(_rows(given, "nested"), found, ProxNewton(tol=1e-7), rule)
