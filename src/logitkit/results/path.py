"""Paths of penalised models, and their cross-validation, as the user holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.sandwich import with_required_sandwich
from logitkit.penalised import ProxNewton, Shrunken, fit_at, path_dof
from logitkit.penalised_path import PathRecord
from logitkit.results.fit import Fit
from logitkit.results.shown import Summary, shown_summary
from logitkit.selection.criteria import aic, bic, ebic
from logitkit.selection.cross_validation import CrossValidation

__all__ = ["CrossValidated", "Path"]


class Path:
    """A penalised model at one strength after another.

    Parameters
    ----------
    record : PathRecord
        What was found.
    given : Shrunken
        The problem, with the rows.
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
        self._given = given
        self._level = level

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
        return pd.Series(path_dof(self._given, self.record.strengths, self.record.coef), self._index, name="dof")

    @property
    def status(self) -> str:
        """How the path ended, in words."""
        return self.record.status.value

    def __getstate__(self) -> dict[str, Any]:
        """Leave the rows behind when pickled: what needs them is then refused."""
        return {"record": self.record, "_given": None, "_level": self._level}

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
        return _fit(self._given, strength, self._level, "given")

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
        return criteria_frame(self._given, self.record, self.dof, gamma)

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
        strength = _least(self.record.strengths, self.criteria(gamma)[criterion])
        return _fit(self._given, strength, self._level, f"least {criterion.upper()} on the path")

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
            strength, n_nonzero, deviance_ratio, gap, steps.
        """
        record = self.record
        return pd.DataFrame(
            {
                "strength": record.strengths,
                "n_nonzero": record.n_nonzero,
                "deviance_ratio": record.explained,
                "gap": record.gaps,
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

        return plot_path(self.record, self._given.problem.strengths.scale, ax, title=title)

    def __repr__(self) -> str:
        """Return the summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        """Return the summary as HTML, for notebooks."""
        return self.summary().to_html()

    @property
    def _index(self) -> pd.Index:
        return pd.Index(self.record.strengths, name="strength")


class CrossValidated:
    """A path, and how well each of its strengths predicts rows that were left out.

    Parameters
    ----------
    record : CrossValidation
        What was found.
    given : Shrunken
        The problem, with the rows.
    level : float
        Confidence level of the fits.

    Examples
    --------
    The rule of one standard error takes no weaker penalty than the best:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> cv = lk.cross_validate("low ~ age + lwt + race + smoke", births, penalty=lk.Lasso(), folds=5, seed=1)
    >>> cv.one_se_strength >= cv.best_strength
    True
    """

    def __init__(self, record: CrossValidation, given: Shrunken, level: float) -> None:
        self.record = record
        self._given = given
        self._level = level

    @property
    def path(self) -> Path:
        """The path of all rows."""
        return Path(self.record.path, self._given, self._level)

    @property
    def strengths(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Strengths, from the largest, shape (k,)."""
        return self.record.path.strengths.copy()

    @property
    def scores(self) -> pd.DataFrame:
        """Mean score, its standard error, and the splits that have one, by strength."""
        curve = self.record.curve
        columns = {"mean": curve.mean, "std_error": curve.std_error, "n_scores": curve.n_scores}
        return pd.DataFrame(columns, pd.Index(self.record.path.strengths, name="strength"))

    @property
    def best_strength(self) -> float:
        """The strength with the best mean score."""
        return float(self.record.path.strengths[self.record.best])

    @property
    def one_se_strength(self) -> float:
        """The largest strength whose mean score is within one standard error of the best."""
        return float(self.record.path.strengths[self.record.one_se])

    @property
    def best(self) -> Fit:
        """The fit to all rows at the best strength."""
        words = f"best mean score ({self.record.measure.label}), {self.record.folds.words}"
        return _fit(self._given, self.best_strength, self._level, words)

    @property
    def one_se(self) -> Fit:
        """The fit to all rows at the largest strength within one standard error of the best."""
        words = f"within one standard error of the best score ({self.record.measure.label}), {self.record.folds.words}"
        return _fit(self._given, self.one_se_strength, self._level, words)

    def summary(self) -> Summary:
        """Return the cross-validation as a document.

        Returns
        -------
        Summary
            Facts, and the strengths that the rules choose.
        """
        from logitkit.report.path import cross_validation_document

        return shown_summary(cross_validation_document(self.record))

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the mean score with its standard error over the strength.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw; a new figure by default.
        title : str, optional
            Set above.

        Returns
        -------
        Axes
            With both choices marked.
        """
        from logitkit.plots.path import plot_cross_validation

        return plot_cross_validation(self.record, ax, title=title)

    def __repr__(self) -> str:
        """Return the summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        """Return the summary as HTML, for notebooks."""
        return self.summary().to_html()


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


def _fit(given: Shrunken, strength: float, level: float, chosen: str) -> Fit:
    record = fit_at(given, strength, ProxNewton(), level, chosen)
    return Fit(with_required_sandwich(record, given.design), given.design)
