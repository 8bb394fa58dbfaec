"""A model of two outcomes in plain NumPy: the whole fit and its verbs from textbook formulas with full matrices.

A factor is its dense dummy columns, the hat matrix is n by n, ranks are counted pair by pair. Nothing here imports
logitkit: these are second derivations, not second callers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import chdtrc, gammaln, ndtri

from oracles.likelihood import loss_gradient, loss_hessian, mean, row_loss

__all__ = ["BinaryTwin", "area", "newton", "wilson"]


def newton(X: np.ndarray, y: np.ndarray, w: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Give the maximum likelihood estimate by halved Newton steps from zero; nan where it runs away."""
    coef = np.zeros(X.shape[1])

    def loss(at: np.ndarray) -> float:
        return float(w @ row_loss(X @ at + offset, y))

    for _ in range(60):
        gradient = loss_gradient(coef, X, y, w, offset)
        scale = 1.0 / np.sqrt(np.diag(loss_hessian(coef, X, w, offset)))
        if not np.isfinite(scale).all():
            break
        H = loss_hessian(coef, X, w, offset) * np.outer(scale, scale)
        step = -scale * np.linalg.lstsq(H, scale * gradient, rcond=None)[0]
        size, here = 1.0, loss(coef)
        while size > 1e-6 and loss(coef + size * step) > here + 1e-12 * abs(here):
            size /= 2.0
        coef = coef + size * step
        if -gradient @ step < 1e-26:
            return coef
    return np.full(X.shape[1], np.nan)


@dataclass(frozen=True)
class BinaryTwin:
    """Rows with their dense columns, and what a maximum likelihood fit of them says.

    Parameters
    ----------
    X : (n, p) array
        Columns of full rank; with levels of a factor as columns of their own where it is absorbed.
    y : (n,) array
        Proportions of events; anything where there are no trials.
    trials, prior, offset : (n,) array
        Ones, ones and zeros where there are none.
    kind : {'none', 'frequency', 'precision', 'sampling'}
        What the prior weights mean.
    clusters : (n,) array or None
        Labels.
    null : (n, k) array
        Columns of the null model.
    """

    X: np.ndarray
    y: np.ndarray
    trials: np.ndarray
    prior: np.ndarray
    offset: np.ndarray
    kind: str
    clusters: np.ndarray | None
    null: np.ndarray

    # ---------------------------------------------------------------------------------------------------- the estimate

    @cached_property
    def w(self) -> np.ndarray:
        """Total weights."""
        return self.prior * self.trials

    @cached_property
    def coef(self) -> np.ndarray:
        """The estimate."""
        return newton(self.X, self.y, self.w, self.offset)

    @cached_property
    def eta(self) -> np.ndarray:
        """Linear predictors."""
        return self.X @ self.coef + self.offset

    @cached_property
    def mu(self) -> np.ndarray:
        """Probabilities."""
        return mean(self.eta)

    @cached_property
    def bread(self) -> np.ndarray:
        """The inverse information."""
        return np.linalg.inv(loss_hessian(self.coef, self.X, self.w, self.offset))

    @cached_property
    def vcov(self) -> np.ndarray:
        """The covariance: model-based, or the sandwich of rows or clusters with G / (G - 1)."""
        if self.kind != "sampling" and self.clusters is None:
            return self.bread
        used = self.w > 0.0
        scores = ((self.w * (self.y - self.mu))[:, None] * self.X)[used]
        labels = np.flatnonzero(used) if self.clusters is None else self.clusters[used]
        sums = np.stack([scores[labels == label].sum(axis=0) for label in np.unique(labels)])
        return len(sums) / (len(sums) - 1.0) * self.bread @ (sums.T @ sums) @ self.bread

    # -------------------------------------------------------------------------------------------------- the likelihood

    @cached_property
    def constant(self) -> float:
        """The weighted binomial coefficients."""
        m, s = self.trials, np.where(self.trials > 0.0, self.trials * self.y, 0.0)
        return float(self.prior @ (gammaln(m + 1.0) - gammaln(s + 1.0) - gammaln(m - s + 1.0)))

    def loss_of(self, eta: np.ndarray) -> float:
        """The negative log-likelihood without the constant."""
        return float(self.w @ row_loss(eta, self.y))

    @cached_property
    def saturated(self) -> float:
        """The loss of a model with a probability for each row."""
        with np.errstate(divide="ignore", invalid="ignore"):
            own = -np.where(self.y > 0, self.y * np.log(self.y), 0.0)
            own -= np.where(self.y < 1, (1 - self.y) * np.log(1 - self.y), 0.0)
        return float(self.w @ own)

    @cached_property
    def null_eta(self) -> np.ndarray:
        """Linear predictors of the null model."""
        if not self.null.shape[1]:
            return self.offset
        return self.null @ newton(self.null, self.y, self.w, self.offset) + self.offset

    @cached_property
    def n_obs(self) -> float:
        """Observations: copies of rows, or rows of positive weight."""
        used = self.w > 0.0
        return float(self.prior[used].sum() if self.kind == "frequency" else used.sum())

    @cached_property
    def statistics(self) -> dict[str, float]:
        """Statistics of the whole fit, by the name that logitkit gives them."""
        k, k0, total = self.X.shape[1], self.null.shape[1], float(self.w.sum())
        loss, null = self.loss_of(self.eta), self.loss_of(self.null_eta)
        cox = 1.0 - np.exp(2.0 * (loss - null) / total)
        weighted = {"event": self.w * self.y, "none": self.w * (1.0 - self.y)}
        means = {name: float(v @ self.mu / v.sum()) for name, v in weighted.items()}
        found = {
            "n_obs": self.n_obs,
            "n_params": float(k),
            "dof_residual": self.n_obs - k,
            "tjur": means["event"] - means["none"],
        }
        if self.kind == "sampling" or self.clusters is not None:
            return found
        return found | {
            "loglik": self.constant - loss,
            "null_loglik": self.constant - null,
            "deviance": 2.0 * (loss - self.saturated),
            "null_deviance": 2.0 * (null - self.saturated),
            "lr_statistic": 2.0 * (null - loss),
            "lr_dof": float(k - k0),
            "lr_p_value": float(chdtrc(k - k0, 2.0 * (null - loss))) if k > k0 else np.nan,
            "aic": -2.0 * (self.constant - loss) + 2.0 * k,
            "bic": -2.0 * (self.constant - loss) + k * np.log(self.n_obs),
            "mcfadden": 1.0 - loss / null,
            "cox_snell": cox,
            "nagelkerke": cox / (1.0 - np.exp(-2.0 * null / total)),
        }

    # ---------------------------------------------------------------------------------------------- rows and influence

    @cached_property
    def own(self) -> np.ndarray:
        """Weight of one copy of each row; zero for a row without weight."""
        return np.where(self.w > 0.0, self.trials if self.kind == "frequency" else self.w, 0.0)

    @cached_property
    def residuals(self) -> dict[str, np.ndarray]:
        """Residuals of each copy, by kind."""
        raw, v = self.y - self.mu, self.mu * mean(-self.eta)
        with np.errstate(divide="ignore", invalid="ignore"):
            best = np.where(self.y > 0, self.y * np.log(self.y), 0.0) + np.where(
                self.y < 1, (1 - self.y) * np.log(1 - self.y), 0.0
            )
        unit = np.maximum(2.0 * (row_loss(self.eta, self.y) + best), 0.0)
        return {
            "response": raw,
            "pearson": raw * np.sqrt(self.own / v),
            "deviance": np.sign(raw) * np.sqrt(self.own * unit),
            "working": raw / v,
        }

    @cached_property
    def influence(self) -> dict[str, np.ndarray]:
        """Leverage from the n by n hat matrix of one copy each, Cook's distance, standardised residuals."""
        v = np.sqrt(self.own * self.mu * mean(-self.eta))
        hat = (v[:, None] * self.X) @ self.bread @ (v[:, None] * self.X).T
        h = np.diag(hat)
        room = np.where(1.0 - h < 1e-8, np.nan, 1.0 - h)
        pearson, deviance = self.residuals["pearson"], self.residuals["deviance"]
        return {
            "leverage": h,
            "cooks_distance": (pearson / room) ** 2 * h / self.X.shape[1],
            "standardized_pearson": pearson / np.sqrt(room),
            "standardized_deviance": deviance / np.sqrt(room),
        }

    # ---------------------------------------------------------------------------------------------- predictions, tests

    def predictions(self, X: np.ndarray, offset: np.ndarray, level: float = 0.95) -> dict[str, np.ndarray]:
        """Logits and probabilities of rows, errors by the delta method, limits through the logit."""
        eta = X @ self.coef + offset
        error = np.sqrt(np.einsum("ij,jk,ik->i", X, self.vcov, X))
        z = float(ndtri(0.5 * (1.0 + level)))
        return {
            "logit": eta,
            "logit_std_error": error,
            "estimate": mean(eta),
            "std_error": error * mean(eta) * mean(-eta),
            "conf_low": mean(eta - z * error),
            "conf_high": mean(eta + z * error),
        }

    def wald(self, columns: list[int]) -> tuple[float, int, float]:
        """Statistic, degrees of freedom and p-value of the test that some coefficients are zero."""
        part = self.coef[columns]
        statistic = float(part @ np.linalg.solve(self.vcov[np.ix_(columns, columns)], part))
        return statistic, len(columns), float(chdtrc(len(columns), statistic))

    def gvif(self, columns: list[int], others: list[int]) -> float:
        """Generalised variance inflation factor of some columns beside others, neither with the intercept."""
        both = columns + others
        root = np.sqrt(np.diag(self.bread))  # of the columns and the weights, whatever the errors are
        R = self.bread / np.outer(root, root)
        determinant = [float(np.linalg.det(R[np.ix_(part, part)])) for part in (columns, others, both)]
        return determinant[0] * determinant[1] / determinant[2]

    # -------------------------------------------------------------------------------------------------------- goodness

    def hosmer_lemeshow(self, groups: int) -> tuple[float, int, list[float]]:
        """Statistic, degrees of freedom and sizes, groups by Stata's xtile with every trial written out."""
        used = np.flatnonzero(self.w > 0.0)
        value = np.round(self.mu[used], 11)  # rows that tie but for rounding
        order = np.argsort(value, kind="stable")
        rows, value = used[order], value[order]
        reach = np.cumsum(self.w[rows])
        cuts = []
        for k in range(1, groups):
            target = k * reach[-1] / groups
            at = int(np.searchsorted(reach, target - 1e-9))
            whole = abs(reach[at] - target) < 1e-9 and at + 1 < len(rows)
            cuts.append(0.5 * (value[at] + value[at + 1]) if whole else value[at])
        group = np.searchsorted(cuts, value, side="left")
        statistic, sizes = 0.0, []
        for label in np.unique(group):
            part = rows[group == label]
            n, o, e = self.w[part].sum(), self.w[part] @ self.y[part], self.w[part] @ self.mu[part]
            statistic += (o - e) ** 2 / (e * (1.0 - e / n))
            sizes.append(float(n))
        return statistic, len(sizes) - 2, sizes

    def discrimination(self, level: float = 0.95) -> dict[str, float]:
        """The area by all pairs of an event and a non-event, with DeLong's error where weights count, else by units."""
        counted = self.kind in ("none", "frequency") and self.clusters is None
        units = np.arange(self.w.size) if self.kind == "sampling" else None
        units = self.clusters if self.clusters is not None else units
        return area(np.round(self.eta, 9), self.w * self.y, self.w * (1.0 - self.y), level, counted, units)

    def calibration(self) -> dict[str, float]:
        """Observed over expected, Brier score and log loss of one trial."""
        w, y, mu = self.w, self.y, self.mu
        return {
            "observed": float(w @ y),
            "expected": float(w @ mu),
            "brier": float(w @ (y * (1.0 - mu) ** 2 + (1.0 - y) * mu**2) / w.sum()),
            "log_loss": float(w @ row_loss(self.eta, y) / w.sum()),
        }


def area(
    scores: np.ndarray,
    events: np.ndarray,
    nonevents: np.ndarray,
    level: float,
    counted: bool,
    units: np.ndarray | None = None,
) -> dict[str, float]:
    """Give the area under the ROC curve, DeLong's error and interval by pairs; or that of sums over units."""
    wins = (scores[:, None] > scores) + 0.5 * (scores[:, None] == scores)
    m, n = events.sum(), nonevents.sum()
    above, below = wins @ nonevents / n, events @ wins / m
    auc = float(events @ above / m)
    found = {"auc": auc, "gini": 2.0 * auc - 1.0, "std_error": np.nan, "low": np.nan, "high": np.nan}
    variance = np.nan
    if counted:
        variance = events @ (above - auc) ** 2 / (m - 1) / m + nonevents @ (below - auc) ** 2 / (n - 1) / n
    elif units is not None:
        units = units[events + nonevents > 0.0]
        added = (events * (above - auc) / m + nonevents * (below - auc) / n)[events + nonevents > 0.0]
        sums = [added[units == unit].sum() for unit in np.unique(units)]
        variance = np.sum(np.square(sums)) * len(sums) / (len(sums) - 1)
    if not np.isnan(variance):
        error, z = float(np.sqrt(variance)), float(ndtri(0.5 * (1.0 + level)))
        found |= {"std_error": error, "low": max(auc - z * error, 0.0), "high": min(auc + z * error, 1.0)}
    return found


def wilson(rate: np.ndarray, n: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Give the roots r of (rate - r)^2 = z^2 r (1 - r) / n."""
    z = float(ndtri(0.5 * (1.0 + level)))
    a, b, c = 1.0 + z**2 / n, -(2.0 * rate + z**2 / n), rate**2
    root = np.sqrt(np.maximum(b**2 - 4.0 * a * c, 0.0))
    return (-b - root) / (2.0 * a), (-b + root) / (2.0 * a)
