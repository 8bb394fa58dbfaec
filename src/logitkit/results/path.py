"""Paths of penalised models, as the user holds them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from logitkit.engine.regularised.model import PathModel
from logitkit.engine.regularised.path import PathRecord
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.options import require_choice
from logitkit.report.frames import ResultFrame
from logitkit.results.at_strengths import criteria_frame, fit_at_strength, least_strength, predictions_at, with_rows
from logitkit.results.fit import Fit
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.shown import Summary, shown_summary
from logitkit.typing import UnseenPolicy

__all__ = ["Path"]


@verbs_in_our_words
class Path:
    """A penalised model at one strength after another.

    Parameters
    ----------
    record : PathRecord
        What was found.
    given : PathModel
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

    Of several outcomes a coefficient belongs to an outcome and a term:

    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> path = lk.path("y ~ x", data, model=lk.Multinomial(), n_strengths=5)
    >>> bool((path.coef.xs("x", axis=1, level="term").iloc[0] == 0).all())
    True
    """

    def __init__(self, record: PathRecord, given: PathModel, level: float) -> None:
        self.record = record
        self._given: PathModel | None = given
        self._level = level
        self._scale = given.scale

    @property
    def strengths(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Strengths, from the largest, shape (k,)."""
        return self.record.strengths.copy()

    @property
    def coef(self) -> pd.DataFrame:
        """Coefficients of the columns as given: one row per strength, one column per coefficient.

        The columns have the names of the terms; of several outcomes, of an outcome and a term.
        """
        record = self.record
        columns: pd.Index = pd.Index(record.names)
        if record.equations:
            columns = pd.MultiIndex.from_tuples(record.equations, names=["outcome", "term"])
        return pd.DataFrame(record.coef, self._index, columns)

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

        How far the fitted means follow the responses: the trace of (H + P)^-1 H over the coefficients that are neither
        zero nor at a bound, H the information and P the second derivatives of the penalty, those of the lengths of
        groups among them. For the lasso this is the rank of the columns that are used. The weights of an adaptive
        lasso, and the columns that a relaxed one chose, are taken as given.
        """
        return self._dof(with_rows(self._given, "dof"))

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
            Solved anew, as ``lk.logit`` or ``lk.multinomial`` with this strength.
        """
        fit: Fit = fit_at_strength(self._given, strength, self._level, "given", "at")
        return fit

    def predict(
        self, data: Any = None, strengths: Any = None, *, offset: Any = None, unseen: UnseenPolicy = "raise"
    ) -> pd.DataFrame:
        """Return the probability of the event, or of each outcome of several, at each strength.

        Parameters
        ----------
        data : table, optional
            New rows; those of the path by default.
        strengths : (k,) array-like, optional
            Those of the path by default. Strengths that are not the path's are solved anew, as by ``at``.
        offset : str or array-like, optional
            Demanded when the path was given an array.
        unseen : {'raise', 'missing'}
            What to do with a level that the path never saw.

        Returns
        -------
        pandas.DataFrame
            One row per row of the table, one column per strength, from the largest, and of several outcomes one per
            strength and outcome; missing where the input is missing.
        """
        return self._along("predict", (data, offset, unseen), strengths, "probability")

    def predict_logit(
        self, data: Any = None, strengths: Any = None, *, offset: Any = None, unseen: UnseenPolicy = "raise"
    ) -> pd.DataFrame:
        """Return the linear predictor at each strength, of several outcomes less its mean over the outcomes.

        Parameters
        ----------
        data, strengths, offset, unseen : optional
            As in ``predict``.

        Returns
        -------
        pandas.DataFrame
            As of ``predict``.
        """
        return self._along("predict_logit", (data, offset, unseen), strengths, "logit")

    def criteria(self, gamma: float = 1.0) -> pd.DataFrame:
        """Return information criteria at each strength.

        Parameters
        ----------
        gamma : float, default 1
            That of the extended criterion, which counts how many sets of columns there are to choose from.

        Returns
        -------
        pandas.DataFrame
            deviance, dof, aic, bic, ebic; one row per strength.
        """
        return self._criteria(with_rows(self._given, "criteria"), gamma)

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
        require_choice("criterion", criterion, ("aic", "bic", "ebic"))
        found = self._criteria(with_rows(self._given, "choose"), gamma)
        strength = least_strength(self.record.strengths, found[criterion])
        words = f"least {criterion.upper()} on the path"
        fit: Fit = fit_at_strength(self._given, strength, self._level, words, "choose")
        return fit

    def tidy(self) -> pd.DataFrame:
        """Return a row for each coefficient that is not zero, at each strength.

        Returns
        -------
        pandas.DataFrame
            step, term, estimate, strength, deviance_ratio.
        """
        step, place = np.nonzero(self.record.coef)
        return ResultFrame(
            {
                "step": step,
                "term": np.array(self.record.names, dtype=object)[place],
                "estimate": self.record.coef[step, place],
                "strength": self.record.strengths[step],
                "deviance_ratio": self.record.explained[step],
            }
        )

    def glance(self) -> pd.DataFrame:
        """Return one row per strength.

        Returns
        -------
        pandas.DataFrame
            strength, n_nonzero, deviance_ratio, gap_estimate (the duality gap as a share of the null model's loss: a
            bound on a working set and where the rows are few, what the solver took for it elsewhere;
            ``path.at(strength).certificate()`` proves a bound), steps.
        """
        record = self.record
        return ResultFrame(
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

    def _along(self, verb: str, rows: tuple[Any, Any, UnseenPolicy], strengths: Any, scale: str) -> pd.DataFrame:
        given = with_rows(self._given, verb)
        return predictions_at(given, self.record, rows, strengths, scale)

    @property
    def _index(self) -> pd.Index:
        return pd.Index(self.record.strengths, name="strength")

    def _dof(self, given: PathModel) -> pd.Series:
        with single_threaded_blas():
            return pd.Series(given.dof(self.record.strengths, self.record.coef), self._index, name="dof")

    def _criteria(self, given: PathModel, gamma: float) -> pd.DataFrame:
        return criteria_frame(given, self.record, self._dof(given), gamma)
