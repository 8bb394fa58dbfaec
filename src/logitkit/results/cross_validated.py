"""Cross-validated paths, as the user holds them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from logitkit.engine.regularised.model import PathModel
from logitkit.numerics.once import once
from logitkit.report.frames import ResultFrame
from logitkit.results.at_strengths import fit_at_strength, nested_of
from logitkit.results.fit import Fit
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.path import Path
from logitkit.results.shown import Summary, shown, shown_summary
from logitkit.selection.cross_validation import CrossValidation
from logitkit.selection.nested import NestedScores

__all__ = ["CrossValidated"]


@verbs_in_our_words
class CrossValidated:
    """A path, and how well each of its strengths predicts rows that were left out.

    Parameters
    ----------
    record : CrossValidation
        What was found.
    given : PathModel
        The problem, with the rows, which a result that was pickled leaves behind.
    level : float
        Confidence level of the fits.

    Examples
    --------
    The rule of one standard error takes no weaker penalty than the best:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> cv = lk.cross_validate("low ~ age + lwt + race + smoke", births, penalty=lk.Lasso(), folds=5)
    >>> cv.one_se_strength >= cv.best_strength
    True
    """

    def __init__(self, record: CrossValidation, given: PathModel, level: float) -> None:
        self.record = record
        self._given: PathModel | None = given
        self._level = level
        self._path = Path(record.path, given, level)

    @property
    def path(self) -> Path:
        """The path of all rows."""
        return self._path

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

    @once
    def best(self) -> Fit:
        """The fit to all rows at the best strength."""
        words = f"best mean score ({self.record.measure.label}), {self.record.folds.words}"
        fit: Fit = fit_at_strength(self._given, self.best_strength, self._level, words, "best")
        return fit

    @once
    def one_se(self) -> Fit:
        """The fit to all rows at the largest strength within one standard error of the best."""
        words = f"within one standard error of the best score ({self.record.measure.label}), {self.record.folds.words}"
        fit: Fit = fit_at_strength(self._given, self.one_se_strength, self._level, words, "one_se")
        return fit

    def at(self, strength: float) -> Fit:
        """Return the fit to all rows at a strength, which need not be one of the path's.

        Parameters
        ----------
        strength : float
            Not negative.

        Returns
        -------
        Fit
            Solved anew, as ``lk.logit`` with this strength.
        """
        fit: Fit = fit_at_strength(self._given, strength, self._level, "given", "at")
        return fit

    def nested(self, rule: str = "best") -> NestedScores:
        """Return how well the whole procedure predicts, the choice of the strength included.

        Parameters
        ----------
        rule : {'best', 'one_se'}
            How the strength is chosen without each fold, by the other folds.

        Returns
        -------
        NestedScores
            One score per fold, with mean and standard error; it takes one cross-validation per fold.
        """
        return shown(nested_of(self._given, self.record, rule))

    def tidy(self) -> pd.DataFrame:
        """Return one row per strength.

        Returns
        -------
        pandas.DataFrame
            strength, mean, std_error, n_scores, n_nonzero, best, one_se; the last two are true in the rows that the
            rules choose.
        """
        record, place = self.record, np.arange(self.record.path.strengths.size)
        return ResultFrame(
            {
                "strength": record.path.strengths,
                "mean": record.curve.mean,
                "std_error": record.curve.std_error,
                "n_scores": record.curve.n_scores,
                "n_nonzero": record.path.n_nonzero,
                "best": place == record.best,
                "one_se": place == record.one_se,
            }
        )

    def glance(self) -> pd.DataFrame:
        """Return one row with what the cross-validation chose.

        Returns
        -------
        pandas.DataFrame
            measure, n_splits, n_strengths; then strength, mean, std_error and n_nonzero of the best strength and of
            that within one standard error of it, each with the name of its rule before it.
        """
        record = self.record
        path, curve = record.path, record.curve
        row: dict[str, Any] = {
            "measure": record.measure.name,
            "n_splits": curve.n_splits,
            "n_strengths": path.strengths.size,
        }
        for rule, place in (("best", record.best), ("one_se", record.one_se)):
            row[f"{rule}_strength"] = path.strengths[place]
            row[f"{rule}_mean"] = curve.mean[place]
            row[f"{rule}_std_error"] = curve.std_error[place]
            row[f"{rule}_n_nonzero"] = path.n_nonzero[place]
        return ResultFrame([row])

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

    def __getstate__(self) -> dict[str, Any]:
        """Leave the rows behind when pickled: what needs them is then refused."""
        return {"record": self.record, "_given": None, "_level": self._level, "_path": self._path}

    def __copy__(self) -> Self:
        """Return the result itself, with its rows: nothing changes it."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the result itself, with its rows: nothing changes it."""
        return self

    def __repr__(self) -> str:
        """Return the summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        """Return the summary as HTML, for notebooks."""
        return self.summary().to_html()
