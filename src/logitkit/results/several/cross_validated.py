"""Cross-validated paths."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from logitkit.engine.regularised.model import PathModel
from logitkit.numerics.once import once
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.fit import Fit
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.several.at_strengths import fit_at_strength, nested_of
from logitkit.results.several.path import Path
from logitkit.results.shown import Summary, shown, shown_summary
from logitkit.selection.cross_validation import CrossValidation
from logitkit.selection.nested import NestedScores

__all__ = ["CrossValidated"]


@verbs_in_our_words
class CrossValidated:
    """A path with the cross-validated score of each strength.

    Parameters
    ----------
    record : CrossValidation
        The frozen record of the result.
    given : PathModel
        The problem with its rows, which are not pickled.
    level : float
        Confidence level of the fits.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> cv = lk.cross_validate("low ~ age + lwt + race + smoke", births, penalty=lk.Lasso(), folds=5)
    >>> round(cv.best_strength, 4), round(cv.one_se_strength, 4)
    (0.0077, 0.034)
    """

    def __init__(self, record: CrossValidation, given: PathModel, level: float) -> None:
        self.record = record
        self._given: PathModel | None = given
        self._level = level
        self._path = Path(record.path, given, level)

    @property
    def path(self) -> Path:
        """The path fitted to all rows."""
        return self._path

    @property
    def strengths(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Strengths, from the largest, shape (k,)."""
        return self.record.path.strengths.copy()

    @property
    def scores(self) -> pd.DataFrame:
        """Mean score, its standard error and the number of splits with a score, by strength."""
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
        fit: Fit = fit_at_strength(self._given, self.best_strength, self._level, words, "best", (self.record, "best"))
        return fit

    @once
    def one_se(self) -> Fit:
        """The fit to all rows at the largest strength within one standard error of the best."""
        words = f"within one standard error of the best score ({self.record.measure.label}), {self.record.folds.words}"
        fit: Fit = fit_at_strength(
            self._given, self.one_se_strength, self._level, words, "one_se", (self.record, "one_se")
        )
        return fit

    def at(self, strength: float) -> Fit:
        """Return the fit to all rows at a strength, which need not be on the path.

        Parameters
        ----------
        strength : float
            Strength of the penalty; not negative.

        Returns
        -------
        Fit
            The fit that ``lk.logit`` gives with this strength.
        """
        fit: Fit = fit_at_strength(self._given, strength, self._level, "given", "at")
        return fit

    def nested(self, rule: str = "best") -> NestedScores:
        """Return the score of the whole procedure, including the choice of the strength, by nested cross-validation.

        Parameters
        ----------
        rule : {'best', 'one_se'}
            Rule that chooses the strength for each fold from the other folds.

        Returns
        -------
        NestedScores
            One score per fold, with their mean and standard error. This takes one cross-validation per fold.
        """
        return shown(nested_of(self._given, self.record, rule))

    def tidy(self) -> pd.DataFrame:
        """Return one row per strength.

        Returns
        -------
        pandas.DataFrame
            strength, mean, std_error, n_scores, n_nonzero, best, one_se; the last two are true in the row that the rule
            chooses.
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
        """Return one row with the strengths that the rules choose.

        Returns
        -------
        pandas.DataFrame
            measure, n_splits, n_strengths; then strength, mean, std_error and n_nonzero for each rule, with the name of
            the rule as prefix.
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
        """Return the summary of the cross-validation.

        Returns
        -------
        Summary
            Facts about the cross-validation, and the strengths chosen by the rules.
        """
        from logitkit.report.path import cross_validation_document

        return shown_summary(cross_validation_document(self.record))

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the mean score with its standard error against the strength.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot, with the strengths of both rules marked.
        """
        from logitkit.plots.path import plot_cross_validation

        return plot_cross_validation(self.record, ax, title=title)

    def __getstate__(self) -> dict[str, Any]:
        """Drop the rows when pickled; verbs that need them are then refused."""
        return {"record": self.record, "_given": None, "_level": self._level, "_path": self._path}

    def __copy__(self) -> Self:
        """Return the result itself with its rows, as it is immutable."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the result itself with its rows, as it is immutable."""
        return self

    def __repr__(self) -> str:
        """Return the summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        """Return the summary as HTML, for notebooks."""
        return self.summary().to_html()
