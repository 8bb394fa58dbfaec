"""``StochasticFit``: coefficients learnt in mini-batches, and their distance from the batch optimum."""

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
        The options of the solver.
    names : tuple of str
        Names of the p columns.
    outcomes : tuple of str
        With several outcomes, those that have coefficients; empty if there are two outcomes.
    estimate : (m, p) array
        Coefficients, one row per outcome that has coefficients.
    losses : tuple of float
        Mean loss of each pass, where the loss of a row is taken before the row updates the coefficients. In the first
        pass, it therefore measures prediction of new rows.
    held_out : tuple of float
        Mean loss of the held-out rows after each pass; empty without ``early_stopping``.
    mean_loss : float
        Mean negative log-likelihood over all rows, plus the ridge penalty if there is one.
    optimum : float
        The minimum of ``mean_loss`` over all coefficients, by Newton's method on the same rows; nan if it was not
        requested, or if there are more than 2,500 coefficients.
    vcov : (m p, m p) array or None
        Plug-in covariance of the averaged coefficients (Chen et al. 2020), ordered by outcome and column.
    n_rows, n_seen : int
        Number of rows, and total number of row visits over all passes.
    reference : int
        With several outcomes, the position of the one without coefficients; -1 if there is none.
    info : DesignInfo or None
        How new rows are coded; None if the rows are those of a matrix.

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
        """The mean loss minus that of the batch optimum, in nats per row."""
        return self.mean_loss - self.optimum

    @property
    def coef(self) -> Any:
        """Coefficients: a Series by column or, with several outcomes, a data frame with one column per outcome."""
        if not self.outcomes:
            return pd.Series(self.estimate[0], list(self.names), name="estimate")
        return pd.DataFrame(self.estimate.T, list(self.names), list(self.outcomes))

    @property
    def std_error(self) -> Any:
        """Plug-in standard errors of the averaged coefficients, in the form of ``coef``."""
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
            Columns ``term, estimate, std_error, conf_low, conf_high``, preceded by ``outcome`` if there are several.

        Raises
        ------
        UnsupportedError
            If the coefficients were not averaged over the iterations.
        """
        require_level(level)
        error = np.sqrt(np.diag(self._vcov()))
        away = float(ndtri(0.5 * (1.0 + level))) * error
        flat = self.estimate.reshape(-1)
        labels = {"outcome": np.repeat(list(self.outcomes), len(self.names))} if self.outcomes else {}
        columns = {"estimate": flat, "std_error": error, "conf_low": flat - away, "conf_high": flat + away}
        return pd.DataFrame({**labels, "term": list(self.names) * len(self.estimate), **columns})

    def predict_logit(self, data: Any) -> FloatArray:
        """Return the logit of the event, or one column per outcome (only differences have a meaning).

        Parameters
        ----------
        data : table, or (n, p) array
            A table if the fit has a formula, else a matrix with the same columns.

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
        """Return coefficients by outcome and column, including the reference, as starting values for a fit.

        Returns
        -------
        dict
            Coefficients by outcome (an empty label if there are two outcomes) and column.
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
        """Return the fit as plain values for JSON, with the coding of the formula and without any row.

        Returns
        -------
        dict
            Values that ``from_dict`` reads; the restored fit predicts for rows of a table or a matrix.

        Raises
        ------
        LogitkitError
            If the formula has a part that could not be restored.
        """
        from logitkit.results.saved_stochastic import packed_learnt

        return packed_learnt(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any], functions: Mapping[str, Any] | None = None) -> StochasticFit:
        """Restore a fit from the values of ``to_dict``.

        Parameters
        ----------
        kept : mapping
            The values that ``to_dict`` returned.
        functions : mapping of str to object, optional
            User-defined functions that the formula calls, as in ``lk.load``.

        Returns
        -------
        StochasticFit
            The restored fit.

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
        """Write the fit as plain JSON, without any row and without code; ``lk.load`` reads it.

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
    """Return the fit from the result of learning."""
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
