"""Paths of penalised models."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from logitkit.engine.regularised.model import PathModel
from logitkit.engine.regularised.path import PathRecord
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.options import require_choice
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.fit import Fit
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.labelled import labels_of_form
from logitkit.results.several.at_strengths import (
    criteria_frame,
    fit_at_strength,
    least_strength,
    predictions_at,
    with_rows,
)
from logitkit.results.shown import Summary, shown_summary
from logitkit.typing import UnseenPolicy

__all__ = ["Path"]


@verbs_in_our_words
class Path:
    """A penalised model at a sequence of strengths.

    Parameters
    ----------
    record : PathRecord
        The frozen record of the result.
    given : PathModel
        The problem with its rows, which are not pickled.
    level : float
        Confidence level of the fits.

    Examples
    --------
    At the largest strength no column is selected; the deviance explained increases as the strength falls:

    >>> import logitkit as lk
    >>> path = lk.path("low ~ age + lwt + race + smoke", lk.datasets.load_lbw(), penalty=lk.Lasso())
    >>> int(path.n_nonzero[0]), bool((path.deviance_ratio.diff().dropna() > 0).all())
    (1, True)

    With several outcomes, each coefficient belongs to an outcome and a term:

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
        self._called = labels_of_form(given.design.info, given.form)

    @property
    def strengths(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Strengths, from the largest, shape (k,)."""
        return self.record.strengths.copy()

    @property
    def coef(self) -> pd.DataFrame:
        """Coefficients on the original scale of the columns, one row per strength and one column per coefficient.

        The columns are labelled by term; with several outcomes, by outcome and term.
        """
        record = self.record
        columns: pd.Index = pd.Index(record.names)
        if record.equations:
            columns = pd.MultiIndex.from_tuples(record.equations, names=["outcome", "term"])
        return pd.DataFrame(record.coef, self._index, columns)

    @property
    def deviance_ratio(self) -> pd.Series:
        """Proportion of the null deviance explained, by strength."""
        return pd.Series(self.record.explained, self._index, name="deviance_ratio")

    @property
    def n_nonzero(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Number of nonzero coefficients, including the intercept, shape (k,)."""
        return self.record.n_nonzero.copy()

    @property
    def dof(self) -> pd.Series:
        """Effective degrees of freedom by strength, including the intercept.

        The trace of (H + P)^-1 H over the coefficients that are neither zero nor at a bound, with H the information and
        P the second derivatives of the penalty, including those of group norms. For the lasso this is the rank of the
        selected columns. The weights of an adaptive lasso, and the columns selected by a relaxed one, are treated as
        fixed.
        """
        return self._dof(with_rows(self._given, "dof"))

    @property
    def status(self) -> str:
        """How the path ended, in words."""
        return self.record.status.value

    def __getstate__(self) -> dict[str, Any]:
        """Drop the rows when pickled; verbs that need them are then refused."""
        return {**vars(self), "_given": None}

    def __copy__(self) -> Self:
        """Return the path itself with its rows, as it is immutable."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the path itself with its rows, as it is immutable."""
        return self

    def at(self, strength: float) -> Fit:
        """Return the fit at a strength, which need not be on the path.

        Parameters
        ----------
        strength : float
            Strength of the penalty; not negative.

        Returns
        -------
        Fit
            The fit that ``lk.logit`` or ``lk.multinomial`` gives with this strength.
        """
        fit: Fit = fit_at_strength(self._given, strength, self._level, "given", "at")
        return fit

    def predict(
        self, data: Any = None, strengths: Any = None, *, offset: Any = None, unseen: UnseenPolicy = "raise"
    ) -> pd.DataFrame:
        """Return the probability of the event, or of each of several outcomes, at each strength.

        Parameters
        ----------
        data : table, optional
            New rows; the rows of the path by default.
        strengths : (k,) array-like, optional
            Strengths; those of the path by default. For other strengths the model is fitted, as by ``at``.
        offset : str or array-like, optional
            Required if the offset of the path was an array.
        unseen : {'raise', 'missing'}
            Whether a level that does not occur in the rows of the path is an error or gives a missing prediction.

        Returns
        -------
        pandas.DataFrame
            One row per row of the table and one column per strength, from the largest; with several outcomes, one
            column per strength and outcome. Missing where a variable is missing.
        """
        return self._along("predict", (data, offset, unseen), strengths, "probability")

    def predict_logit(
        self, data: Any = None, strengths: Any = None, *, offset: Any = None, unseen: UnseenPolicy = "raise"
    ) -> pd.DataFrame:
        """Return the linear predictor at each strength; with several outcomes, centred over the outcomes.

        Parameters
        ----------
        data, strengths, offset, unseen : optional
            As in ``predict``.

        Returns
        -------
        pandas.DataFrame
            Rows and columns as in the result of ``predict``.
        """
        return self._along("predict_logit", (data, offset, unseen), strengths, "logit")

    def criteria(self, gamma: float = 1.0) -> pd.DataFrame:
        """Return information criteria at each strength.

        Parameters
        ----------
        gamma : float, default 1
            Parameter of ``ebic``, from 0 to 1: the weight of its term for the number of possible sets of columns.

        Returns
        -------
        pandas.DataFrame
            deviance, dof, aic, bic, ebic; one row per strength.
        """
        return self._criteria(with_rows(self._given, "criteria"), gamma)

    def choose(self, criterion: str = "bic", gamma: float = 1.0) -> Fit:
        """Return the fit at the strength with the smallest value of an information criterion.

        Parameters
        ----------
        criterion : {'aic', 'bic', 'ebic'}
            The information criterion.
        gamma : float, default 1
            Parameter of ``ebic``.

        Returns
        -------
        Fit
            The fit; its summary states how the strength was chosen.
        """
        require_choice("criterion", criterion, ("aic", "bic", "ebic"))
        found = self._criteria(with_rows(self._given, "choose"), gamma)
        strength = least_strength(self.record.strengths, found[criterion])
        words = f"least {criterion.upper()} on the path"
        fit: Fit = fit_at_strength(self._given, strength, self._level, words, "choose")
        return fit

    def tidy(self) -> pd.DataFrame:
        """Return one row per strength and nonzero coefficient.

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
            strength, n_nonzero, deviance_ratio, gap_estimate and steps. gap_estimate is the duality gap as a proportion
            of the loss of the null model. It is a bound on a working set and with few rows, and otherwise an estimate
            by the solver; ``path.at(strength).certificate()`` proves a bound.
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
        """Return the summary of the path.

        Returns
        -------
        Summary
            Facts about the path, and a table of some of its strengths.
        """
        from logitkit.report.called import in_print
        from logitkit.report.path import path_document

        return shown_summary(path_document(in_print(self.record, self._called)))

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the coefficients against the strength.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot; the coefficients are on the scale of the penalty.
        """
        from logitkit.plots.path import plot_path
        from logitkit.report.called import in_print

        return plot_path(in_print(self.record, self._called), self._scale, ax, title=title)

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
