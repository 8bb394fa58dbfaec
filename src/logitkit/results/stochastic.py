"""``StochasticFit``: coefficients learnt in mini-batches, and how far they are from the batch optimum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from logitkit.design.info import DesignInfo
from logitkit.design.rebuild import new_rows
from logitkit.engine.law import require_level
from logitkit.engine.stochastic.learn import Learnt
from logitkit.engine.stochastic.options import Stochastic
from logitkit.errors import UnsupportedError
from logitkit.models.form import Form
from logitkit.typing import FloatArray

__all__ = ["StochasticFit"]


@dataclass(frozen=True, repr=False)
class StochasticFit:
    """Coefficients learnt in mini-batches.

    Parameters
    ----------
    solver : Stochastic
        How they were learnt.
    names : tuple of str
        Of the p columns.
    outcomes : tuple of str
        Of several outcomes those that have coefficients; empty where there are two.
    estimate : (m, p) array
        Coefficients, one row per outcome that has some.
    losses : tuple of float
        Mean loss of each pass, of rows before they moved the coefficients: a forecast, in the first pass.
    held_out : tuple of float
        Mean loss of the rows held out, after each pass; empty without ``early_stopping``.
    mean_loss : float
        Mean negative log-likelihood over all rows, with the ridge where there is one.
    optimum : float
        Its minimum over all coefficients, by Newton's method on the same rows; nan where it was not asked for, or there
        are more than 2,500 coefficients.
    vcov : (m p, m p) array or None
        Plug-in covariance of averaged coefficients (Chen et al. 2020), by outcome and column.
    n_rows, n_seen : int
        Rows, and how many visits they had in all.
    reference : int
        Of several outcomes the place of the one without coefficients; -1 for none.
    info : DesignInfo or None
        How new rows are coded; None takes rows of a ready matrix.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> rng = np.random.default_rng(1)
    >>> X = np.column_stack([np.ones(2_000), rng.normal(size=2_000)])
    >>> y = rng.random(2_000) < 1 / (1 + np.exp(-X @ [0.5, 1.0]))
    >>> fit = lk.learn_matrix(X, y, ["Intercept", "x"])
    >>> fit.coef.round(1).to_dict(), bool(fit.excess < 1e-3)
    ({'Intercept': 0.5, 'x': 1.0}, True)
    """

    solver: Stochastic
    names: tuple[str, ...]
    outcomes: tuple[str, ...]
    estimate: FloatArray
    losses: tuple[float, ...]
    held_out: tuple[float, ...]
    mean_loss: float
    optimum: float
    vcov: FloatArray | None
    n_rows: int
    n_seen: int
    reference: int = -1
    info: DesignInfo | None = None

    @property
    def excess(self) -> float:
        """How far the mean loss is above the batch optimum, in nats per row."""
        return self.mean_loss - self.optimum

    @property
    def coef(self) -> Any:
        """Coefficients: a Series by column, or of several outcomes a table with one column per outcome."""
        if not self.outcomes:
            return pd.Series(self.estimate[0], list(self.names), name="estimate")
        return pd.DataFrame(self.estimate.T, list(self.names), list(self.outcomes))

    @property
    def std_error(self) -> Any:
        """Plug-in standard errors of averaged coefficients, in the form of ``coef``."""
        error = np.sqrt(np.diag(self._vcov())).reshape(self.estimate.shape)
        if not self.outcomes:
            return pd.Series(error[0], list(self.names), name="std_error")
        return pd.DataFrame(error.T, list(self.names), list(self.outcomes))

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row per coefficient: estimate, plug-in standard error, interval.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        DataFrame
            Columns ``term, estimate, std_error, conf_low, conf_high``, and of several outcomes first ``outcome``.

        Raises
        ------
        UnsupportedError
            If the iterates were not averaged.
        """
        require_level(level)
        error = np.sqrt(np.diag(self._vcov()))
        away = float(ndtri(0.5 * (1.0 + level))) * error
        flat = self.estimate.reshape(-1)
        labels = {"outcome": np.repeat(list(self.outcomes), len(self.names))} if self.outcomes else {}
        columns = {"estimate": flat, "std_error": error, "conf_low": flat - away, "conf_high": flat + away}
        return pd.DataFrame({**labels, "term": list(self.names) * len(self.estimate), **columns})

    def predict_logit(self, data: Any) -> FloatArray:
        """Return logits: of the event, or one column per outcome of which only differences matter.

        Parameters
        ----------
        data : table, or (n, p) array
            Rows as they were learnt from: a table for a formula, else a matrix with the same columns.

        Returns
        -------
        (n,) or (n, K) array
            nan for rows with missing values.
        """
        table = self.estimate if self.reference < 0 else np.insert(self.estimate, self.reference, 0.0, axis=0)
        if self.info is None:
            logits = np.asarray(data, dtype=np.float64) @ table.T
        else:
            rows = new_rows(self.info, data)
            logits = np.full((rows.kept.size, len(table)), np.nan)
            logits[rows.kept] = rows.matrix.matvecs(table).T
            if rows.offset is not None:
                logits[rows.kept] += rows.offset.T
        return logits if self.outcomes else logits[:, 0]

    def predict(self, data: Any) -> FloatArray:
        """Return the probability of the event, or of each outcome.

        Parameters
        ----------
        data : table, or (n, p) array
            As for ``predict_logit``.

        Returns
        -------
        (n,) or (n, K) array
            nan for rows with missing values.
        """
        from logitkit.logits.functions import sigmoid, softmax

        logits = self.predict_logit(data)
        found = np.full(logits.shape, np.nan)
        known = np.isfinite(logits) if logits.ndim == 1 else np.isfinite(logits).all(axis=1)
        if known.any():
            found[known] = sigmoid(logits[known]) if logits.ndim == 1 else softmax(logits[known])
        return found

    def known_coefficients(self) -> dict[tuple[str, str], float]:
        """Return the coefficients by outcome and column, those of the reference among them: where a fit may start.

        Returns
        -------
        dict
            Numbers by label, which is empty where there are two outcomes, and column.
        """
        labels = list(self.outcomes) or [""]
        table = self.estimate
        if self.reference >= 0 and self.info is not None:
            labels.insert(self.reference, self.info.response.outcomes[self.reference])
            table = np.insert(table, self.reference, 0.0, axis=0)
        return {
            (label, name): float(table[k, j]) for k, label in enumerate(labels) for j, name in enumerate(self.names)
        }

    def to_dict(self) -> dict[str, Any]:
        """Return what was learnt as plain values for JSON, with the coding of the formula and without any row.

        Returns
        -------
        dict
            Read again by ``from_dict``; it predicts for rows of a table, or of a matrix.

        Raises
        ------
        LogitkitError
            If the formula has a part that cannot be read again.
        """
        from logitkit.results.saved_stochastic import packed_learnt

        return packed_learnt(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any], functions: Mapping[str, Any] | None = None) -> StochasticFit:
        """Return what ``to_dict`` wrote.

        Parameters
        ----------
        kept : mapping
            Plain values.
        functions : mapping of str to object, optional
            User-defined functions that the formula calls, as in ``lk.load``.

        Returns
        -------
        StochasticFit
            The same.

        Raises
        ------
        DataError
            If a field is missing, or its values are not numbers of the right kind.
        FormulaError
            If the formula calls functions that are not given.
        """
        from logitkit.results.saved_stochastic import learnt_in

        return learnt_in(kept, functions or {})

    def save(self, path: str | Path) -> Path:
        """Write what was learnt as plain JSON, without any row and without code; ``lk.load`` reads it.

        Parameters
        ----------
        path : str or Path
            File to write.

        Returns
        -------
        Path
            The file written.
        """
        from logitkit.results.saved_stochastic import save_learnt

        return save_learnt(self, path)

    def __repr__(self) -> str:
        """Return what was learnt in two lines."""
        many = f"{self.estimate.size} coefficients from {self.n_rows:,} rows, {self.n_seen / self.n_rows:.3g} passes"
        far = "" if np.isnan(self.optimum) else f", {max(self.excess, 0.0):.2e} above the batch optimum"
        return f"StochasticFit by {self.solver.method}: {many}\nmean loss {self.mean_loss:.6g}{far}"

    def _vcov(self) -> FloatArray:
        """Return the covariance, or say why there is none."""
        if self.vcov is None:
            raise UnsupportedError(
                "Standard errors are those of averaged iterates whose second derivatives are regular, of at most 2,500 "
                "coefficients: lk.Stochastic(average=True). lk.fit has them for every model."
            )
        return self.vcov


def fit_of_learnt(learnt: Learnt, form: Form, info: DesignInfo, solver: Stochastic) -> StochasticFit:
    """Return what a user holds of what was learnt."""
    table, reference = learnt.table, -1
    outcomes: tuple[str, ...] = ()
    if not form.is_single:
        (part,) = form.shown.parts
        assert part.rows is not None
        reference = -1 if form.reference is None else int(form.reference)
        table = (table if reference < 0 else table - table[reference])[part.rows]
        outcomes = part.labels
    return StochasticFit(
        solver,
        tuple(info.names),
        tuple(outcomes),
        table,
        learnt.losses,
        learnt.held_out,
        learnt.mean_loss,
        learnt.optimum,
        learnt.vcov,
        learnt.n_rows,
        learnt.n_seen,
        reference,
        info,
    )
