"""A model of several outcomes in plain NumPy: the whole fit and its verbs, a row and an outcome at a time.

The first outcome is the reference; flat coefficients hold all columns of an outcome before those of the next. Nothing
here imports logitkit: these are second derivations, not second callers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import chdtrc, gammaln, logsumexp, ndtri, softmax, xlogy

from oracles.binary import area
from oracles.multinomial import information, logits, loss, maximise, scores

__all__ = ["NominalTwin"]


@dataclass(frozen=True)
class NominalTwin:
    """Rows with their dense columns, and what a maximum likelihood fit of them says.

    Parameters
    ----------
    X : (n, p) array
        Columns of full rank.
    shares : (n, K) array
        Proportions of the outcomes; even where there are no trials.
    trials, prior : (n,) array
        Ones where there are none.
    offset : (n, K) array
        Added to the logits.
    kind : {'none', 'frequency', 'precision', 'sampling'}
        What the prior weights mean.
    clusters : (n,) array or None
        Labels.
    intercept : bool
        Whether the columns span a constant.
    """

    X: np.ndarray
    shares: np.ndarray
    trials: np.ndarray
    prior: np.ndarray
    offset: np.ndarray
    kind: str
    clusters: np.ndarray | None
    intercept: bool

    # ---------------------------------------------------------------------------------------------------- the estimate

    @property
    def n_outcomes(self) -> int:
        """K."""
        return self.shares.shape[1]

    @cached_property
    def w(self) -> np.ndarray:
        """Total weights."""
        return self.prior * self.trials

    @cached_property
    def counts(self) -> np.ndarray:
        """Weighted trials of each outcome in each row."""
        return self.w[:, None] * self.shares

    def fitted(self, X: np.ndarray) -> np.ndarray:
        """Give the flat estimate with some columns."""
        return maximise(X, self.counts, self.offset).coef

    @cached_property
    def flat(self) -> np.ndarray:
        """The estimate."""
        return self.fitted(self.X)

    @cached_property
    def eta(self) -> np.ndarray:
        """Logits."""
        return logits(self.flat, self.X, self.n_outcomes, self.offset)

    @cached_property
    def p(self) -> np.ndarray:
        """Probabilities."""
        return softmax(self.eta, axis=1)

    @cached_property
    def information(self) -> np.ndarray:
        """The information of the flat coefficients."""
        return information(self.flat, self.X, self.counts, self.offset)

    @cached_property
    def bread(self) -> np.ndarray:
        """Its inverse."""
        return np.linalg.inv(self.information)

    @cached_property
    def vcov(self) -> np.ndarray:
        """The covariance: model-based, or the sandwich of rows or clusters with G / (G - 1)."""
        if self.kind != "sampling" and self.clusters is None:
            return self.bread
        used = self.w > 0.0
        each = scores(self.flat, self.X, self.counts, self.offset)[used]
        labels = np.flatnonzero(used) if self.clusters is None else self.clusters[used]
        sums = np.stack([each[labels == label].sum(axis=0) for label in np.unique(labels)])
        return len(sums) / (len(sums) - 1.0) * self.bread @ (sums.T @ sums) @ self.bread

    # -------------------------------------------------------------------------------------------------- the likelihood

    @cached_property
    def null_loss(self) -> float:
        """The loss of intercepts and offsets, or of the offsets alone."""
        if not self.intercept:
            return float(np.sum(self.counts * (logsumexp(self.offset, axis=1, keepdims=True) - self.offset)))
        return maximise(np.ones((len(self.X), 1)), self.counts, self.offset).loss

    @cached_property
    def statistics(self) -> dict[str, float]:
        """Statistics of the whole fit, by the name that logitkit gives them."""
        q, k = self.flat.size, self.n_outcomes
        used = self.w > 0.0
        n = float(self.prior[used].sum() if self.kind == "frequency" else used.sum())
        found = {"n_obs": n, "n_params": float(q), "dof_residual": n * (k - 1) - q}
        if self.kind == "sampling" or self.clusters is not None:
            return found
        own, null = loss(self.flat, self.X, self.counts, self.offset), self.null_loss
        each = gammaln(self.trials + 1.0) - gammaln(self.trials[:, None] * self.shares + 1.0).sum(axis=1)
        constant = float(self.prior @ np.where(self.trials > 0.0, each, 0.0))
        saturated = -float(np.sum(self.w[:, None] * xlogy(self.shares, self.shares)))
        dof, total = q - (k - 1 if self.intercept else 0), self.w.sum()
        cox = 1.0 - np.exp(2.0 * (own - null) / total)
        return found | {
            "loglik": constant - own,
            "null_loglik": constant - null,
            "deviance": 2.0 * (own - saturated),
            "null_deviance": 2.0 * (null - saturated),
            "lr_statistic": 2.0 * (null - own),
            "lr_dof": float(dof),
            "lr_p_value": float(chdtrc(dof, 2.0 * (null - own))),
            "aic": -2.0 * (constant - own) + 2.0 * q,
            "bic": -2.0 * (constant - own) + q * np.log(n),
            "mcfadden": 1.0 - own / null,
            "cox_snell": cox,
            "nagelkerke": cox / (1.0 - np.exp(-2.0 * null / total)),
        }

    def term_ratio(self, columns: list[int]) -> tuple[float, int]:
        """Likelihood ratio of the model without some columns, and its degrees of freedom."""
        less = np.delete(self.X, columns, axis=1)
        smaller = loss(self.fitted(less), less, self.counts, self.offset)
        return 2.0 * (smaller - loss(self.flat, self.X, self.counts, self.offset)), len(columns) * (self.n_outcomes - 1)

    def term_wald(self, columns: list[int]) -> tuple[float, int]:
        """Wald statistic that some columns have no coefficient for any outcome."""
        width = self.X.shape[1]
        places = [k * width + j for k in range(self.n_outcomes - 1) for j in columns]
        part = self.flat[places]
        return float(part @ np.linalg.solve(self.vcov[np.ix_(places, places)], part)), len(places)

    def combine(self, a: int, b: int, slopes: list[int]) -> tuple[float, int]:
        """Wald statistic that two outcomes have the same slopes."""
        width = self.X.shape[1]
        rows = np.zeros((len(slopes), self.flat.size))
        for row, j in zip(rows, slopes, strict=True):
            for outcome, sign in ((a, 1.0), (b, -1.0)):
                if outcome:
                    row[(outcome - 1) * width + j] += sign
        value = rows @ self.flat
        return float(value @ np.linalg.solve(rows @ self.vcov @ rows.T, value)), len(slopes)

    # -------------------------------------------------------------------------------------------------------- the rows

    @cached_property
    def own(self) -> np.ndarray:
        """Weight of one copy of each row; zero for a row without weight."""
        return np.where(self.w > 0.0, self.trials if self.kind == "frequency" else self.w, 0.0)

    @cached_property
    def residuals(self) -> dict[str, np.ndarray]:
        """Residuals of each outcome against the rest, (n, K), of one copy of each row."""
        y, p, w = self.shares, self.p, self.own[:, None]
        unit = 2.0 * (xlogy(y, y) - xlogy(y, p) + xlogy(1 - y, 1 - y) - xlogy(1 - y, 1 - p))
        raw = y - p
        return {
            "response": raw,
            "pearson": raw * np.sqrt(w / (p * (1.0 - p))),
            "deviance": np.sign(raw) * np.sqrt(w * np.maximum(unit, 0.0)),
        }

    def contrasts(self, p: np.ndarray) -> np.ndarray:
        """Give the derivatives of the log-odds of each outcome against the rest by the logits, (K, K), of one row."""
        out = -np.tile(p, (p.size, 1)) / (1.0 - p)[:, None]
        np.fill_diagonal(out, 1.0)
        return out

    @cached_property
    def influence(self) -> dict[str, np.ndarray]:
        """Leverage, Cook's distance and contributions of one copy of each row, by the algebra of leaving it out."""
        found: dict[str, list[float]] = {name: [] for name in INFLUENCE}
        for x, y, p, w in zip(self.X, self.shares, self.p, self.own, strict=True):
            block = np.kron(np.eye(self.n_outcomes - 1), x)
            W = w * (np.diag(p[1:]) - np.outer(p[1:], p[1:]))
            score = w * (y - p)[1:]
            found["leverage"].append(float(np.trace(block @ self.bread @ block.T @ W)))
            step = np.linalg.solve(self.information - block.T @ W @ block, block.T @ score)
            found["cooks_distance"].append(float(step @ self.information @ step) / self.flat.size)
            found["pearson"].append(float(w * np.sum((y - p) ** 2 / p)))
            found["deviance"].append(float(2.0 * w * np.sum(xlogy(y, y) - xlogy(y, p))))
        return {name: np.array(values) for name, values in found.items()}

    def predictions(self, X: np.ndarray, offset: np.ndarray, level: float = 0.95) -> dict[str, np.ndarray]:
        """Probabilities (n, K) with errors by the delta method and limits through the log-odds against the rest."""
        p = softmax(logits(self.flat, X, self.n_outcomes, offset), axis=1)
        error = np.empty_like(p)
        for i, x in enumerate(X):
            slopes = np.kron(self.contrasts(p[i])[:, 1:], x)
            error[i] = np.sqrt(np.einsum("kq,qr,kr->k", slopes, self.vcov, slopes))
        odds, z = np.log(p / (1.0 - p)), float(ndtri(0.5 * (1.0 + level)))
        return {
            "estimate": p,
            "std_error": error * p * (1.0 - p),
            "conf_low": 1.0 / (1.0 + np.exp(-odds + z * error)),
            "conf_high": 1.0 / (1.0 + np.exp(-odds - z * error)),
        }

    # -------------------------------------------------------------------------------------------------------- goodness

    @cached_property
    def scored(self) -> dict[str, float]:
        """Log loss and Brier score of one trial, summed over outcomes."""
        losses = -np.sum(xlogy(self.shares, self.p), axis=1)
        squares = np.sum(self.shares * (1.0 - 2.0 * self.p), axis=1) + np.sum(self.p**2, axis=1)
        return {"log_loss": float(self.w @ losses / self.w.sum()), "brier": float(self.w @ squares / self.w.sum())}

    def one_against_rest(self, outcome: int) -> dict[str, float]:
        """The area of an outcome against the rest, by all pairs."""
        counted = self.kind in ("none", "frequency") and self.clusters is None
        score = np.round(np.log(self.p[:, outcome] / (1.0 - self.p[:, outcome])), 9)
        events = self.counts[:, outcome]
        units = np.arange(self.w.size) if self.kind == "sampling" else None
        units = self.clusters if self.clusters is not None else units
        return area(score, events, self.w - events, 0.95, counted, units)

    def pair_area(self, a: int, b: int) -> float:
        """How often a trial of the first outcome has the larger probability of it than one of the second."""
        score = np.round(np.log(self.p[:, a] / (1.0 - self.p[:, a])), 9)
        return area(score, self.counts[:, a], self.counts[:, b], 0.95, counted=False)["auc"]

    def hand_till(self) -> float:
        """The mean over ordered pairs of outcomes."""
        k = range(self.n_outcomes)
        return float(np.mean([self.pair_area(a, b) for a in k for b in k if a != b]))

    def hosmer_lemeshow(self, group: np.ndarray) -> float:
        """The generalised statistic of groups that are given, counted from 1."""
        total = 0.0
        for label in np.unique(group[group > 0]):
            rows = group == label
            observed, expected = self.counts[rows].sum(axis=0), self.w[rows] @ self.p[rows]
            total += float(np.sum((observed - expected) ** 2 / expected))
        return total


INFLUENCE = ("leverage", "cooks_distance", "pearson", "deviance")
