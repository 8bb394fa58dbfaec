r"""Links between the mean and the linear predictor, by name.

A link is stated by its inverse :math:`F`, the mean as a function of the linear predictor. Formulas, signs and tails are
those of ``docs/maths/links.md``; the loops over rows are in ``numerics/kernels/links.py``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from logitkit.errors import UnsupportedError
from logitkit.models.words import ODDS_RATIO, Ratio
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray

__all__ = [
    "CAUCHIT",
    "CLOGLOG",
    "LINKS",
    "LOG",
    "LOGIT",
    "LOGLOG",
    "PROBIT",
    "Information",
    "Link",
    "link_named",
]

#: Second derivatives that standard errors follow from.
Information: TypeAlias = Literal["expected", "observed"]


@dataclass(frozen=True, slots=True)
class Link:
    """A link between the mean and the linear predictor.

    Parameters
    ----------
    name : str
        The name that users write, such as ``"cloglog"``.
    words : str
        The name in sentences, such as ``"complementary log-log"``.
    code : int
        Its number in the compiled loops.
    mirror : str or None
        The link of the complementary event: a model of an event with this link is a model of its absence with the
        mirror, with all signs of coefficients changed. None if there is no such link here.
    ratio : Ratio or None
        The name of exp(coefficient), if it has one.
    ratio_of_absence : bool
        Whether the ratio is for the absence of the event, and is exp(-coefficient).
    rises_to_one : bool
        Whether the mean rises strictly from 0 to 1 over the real line, so that an estimate exists if and only if it
        does with the logit.
    log_concave : bool
        Whether the loss is convex in the linear predictor, so that a local maximum of the likelihood is the only one.
    error_variance : float
        Variance of the latent error whose distribution function is the inverse link; nan if it has none.
    latex : str
        The link in LaTeX, as a format string with a field for the mean.

    Examples
    --------
    The complementary log-log link of an event is the log-log link of its absence:

    >>> import numpy as np
    >>> eta = np.array([-3.0, 0.5, 2.0])
    >>> mirror = LINKS[CLOGLOG.mirror]
    >>> bool(np.allclose(CLOGLOG.inverse(eta), 1.0 - mirror.inverse(-eta), rtol=1e-14))
    True
    """

    name: str
    words: str
    code: int
    mirror: str | None
    ratio: Ratio | None = None
    ratio_of_absence: bool = False
    rises_to_one: bool = True
    log_concave: bool = True
    error_variance: float = math.nan
    latex: str = ""

    @property
    def latent_mean(self) -> float:
        """Mean of the variable whose distribution function is the inverse; zero by symmetry and for the cauchit."""
        return {"cloglog": -float(np.euler_gamma), "loglog": float(np.euler_gamma)}.get(self.name, 0.0)

    def inverse(self, eta: FloatArray) -> FloatArray:
        """Return the mean for each linear predictor, of the shape of ``eta``; nan where there is no mean below 1."""
        return _logit_mean(eta) if self.code == 0 else np.asarray(self._tails(eta)[6])

    def complement(self, eta: FloatArray) -> FloatArray:
        """Return one less the mean, exact where the mean is near 1, of the shape of ``eta``."""
        return _logit_mean(-np.asarray(eta)) if self.code == 0 else np.asarray(self._tails(eta)[7])

    def link(self, mu: FloatArray) -> FloatArray:
        """Return the linear predictor for each mean; at 0 and 1 its limit, which is infinite for most links."""
        mu = np.asarray(mu, dtype=np.float64)
        with np.errstate(divide="ignore"):
            if self.name == "probit":
                from scipy.special import ndtri

                return np.asarray(ndtri(mu))
            if self.name == "cloglog":
                return np.asarray(np.log(-np.log1p(-mu)))
            if self.name == "loglog":
                return np.asarray(-np.log(-np.log(mu)))
            if self.name == "cauchit":
                return np.where(mu < 0.5, -1.0, 1.0) / np.tan(np.pi * np.minimum(mu, 1.0 - mu))
            if self.name == "log":
                return np.asarray(np.log(mu))
            return np.asarray(np.log(mu) - np.log1p(-mu))

    def log_odds(self, eta: FloatArray) -> FloatArray:
        """Return log(mean / (1 - mean)), of the shape of ``eta``."""
        if self.code == 0:
            return np.array(eta, dtype=np.float64)
        tails = self._tails(eta)
        return np.asarray(tails[0] - tails[1])

    def log_odds_slope(self, eta: FloatArray) -> FloatArray:
        """Return the derivative of the log odds of the mean by the linear predictor, of the shape of ``eta``."""
        if self.code == 0:
            return np.ones(np.shape(eta))
        tails = self._tails(eta)
        return np.asarray(tails[2] + tails[3])

    def slope(self, eta: FloatArray) -> FloatArray:
        """Return the derivative of the mean by the linear predictor, of the shape of ``eta``; zero at its limits."""
        tails = self._tails(eta)
        with np.errstate(invalid="ignore"):
            found = np.where(tails[6] < tails[7], tails[2] * tails[6], tails[3] * tails[7])
        return np.where(np.isinf(eta), 0.0, found)

    def curvature(self, eta: FloatArray) -> FloatArray:
        """Return the second derivative of the mean, of the shape of ``eta``; zero at its limits."""
        tails = self._tails(eta)
        with np.errstate(invalid="ignore"):
            below, above = tails[6] * (tails[2] ** 2 - tails[4]), tails[7] * (tails[5] - tails[3] ** 2)
            found = np.where(tails[6] < tails[7], below, above)
        return np.where(np.isinf(eta), 0.0, found)

    def curvature_slope(self, eta: FloatArray) -> FloatArray:
        r"""Return the derivative of :math:`F'^2 / \{F (1 - F)\}`, the expected information, of the shape of ``eta``."""
        tails = self._tails(eta)
        return _product(tails[2], tails[5]) - _product(tails[3], tails[4])

    def bias_slope(self, eta: FloatArray) -> FloatArray:
        r"""Return :math:`F' F'' / \{F (1 - F)\}`, of the shape of ``eta``."""
        tails = self._tails(eta)
        with np.errstate(over="ignore"):
            below, above = tails[2] ** 2 - tails[4], tails[5] - tails[3] ** 2
        # From the smaller of F and 1 - F.
        return np.where(tails[0] < tails[1], _product(tails[3], below), _product(tails[2], above))

    def log_density(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        r"""Return :math:`\log F'` and its derivative :math:`F'' / F'`, each of the shape of ``eta``."""
        tails = self._tails(eta)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            below, above = np.log(tails[2]) + tails[0], np.log(tails[3]) + tails[1]
            slope_below, slope_above = tails[2] - tails[4] / tails[2], tails[5] / tails[3] - tails[3]
        small = tails[0] < tails[1]
        return np.where(small, below, above), np.where(small, slope_below, slope_above)

    def start(self, mean: float) -> float:
        """Return the linear predictor of a proportion of events, moved inside (0, 1) where it is 0 or 1."""
        return float(self.link(np.array(min(max(mean, START), 1.0 - START))))

    def _tails(self, eta: FloatArray) -> FloatArray:
        """Return the tails of linear predictors, shape (8, ...)."""
        from logitkit.numerics.kernels.links import TAILS, link_tails

        flat = _flat(eta)
        out = np.empty((TAILS, flat.size))
        link_tails(self.code, flat, out)
        return out.reshape(TAILS, *np.shape(eta))


def _logit_mean(eta: FloatArray) -> FloatArray:
    """Return the mean of the logit by the loop of binary fits, to the bit, of the shape of ``eta``."""
    from logitkit.numerics.kernels.binomial_values import logit_mean

    flat = _flat(eta)
    if flat.size <= ROWS_OF_TASK:
        return logit_mean(flat).reshape(np.shape(eta))
    out = np.empty_like(flat)

    def fill(part: int) -> None:
        here = slice(part * ROWS_OF_TASK, (part + 1) * ROWS_OF_TASK)
        out[here] = logit_mean(flat[here])

    for _ in ordered_map(fill, -(-flat.size // ROWS_OF_TASK)):
        pass
    return out.reshape(np.shape(eta))


def _product(factor: FloatArray, number: FloatArray) -> FloatArray:
    """Return a product in which a factor of zero wins over infinity."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where((factor != 0.0) & (number != 0.0), factor * number, 0.0)


def _flat(eta: FloatArray) -> FloatArray:
    """Return linear predictors as a contiguous vector."""
    return np.ascontiguousarray(eta, dtype=np.float64).ravel()


ROWS_OF_TASK = 65_536  # whose means one thread computes
START = 1e-3  # a starting value needs a mean within (0, 1)

RISK_RATIO = Ratio("risk ratio", "Risk ratio", "risk", ODDS_RATIO.verbs)
HAZARD_RATIO = Ratio("hazard ratio", "Hazard ratio", "hazard", ODDS_RATIO.verbs)

GUMBEL = math.pi**2 / 6.0  # variance of the distribution of extremes
LOGIT = Link(
    "logit", "logit", 0, "logit", ODDS_RATIO, error_variance=math.pi**2 / 3.0, latex=r"\operatorname{{logit}} {}"
)
PROBIT = Link("probit", "probit", 1, "probit", error_variance=1.0, latex=r"\Phi^{{-1}}\{{{}\}}")
CLOGLOG = Link(
    "cloglog",
    "complementary log-log",
    2,
    "loglog",
    HAZARD_RATIO,
    error_variance=GUMBEL,
    latex=r"\log[-\log\{{1 - {}\}}]",
)
LOGLOG = Link(
    "loglog",
    "log-log",
    3,
    "cloglog",
    HAZARD_RATIO,
    ratio_of_absence=True,
    error_variance=GUMBEL,
    latex=r"-\log[-\log\{{{}\}}]",
)
CAUCHIT = Link("cauchit", "cauchit", 4, "cauchit", log_concave=False, latex=r"\tan[\pi\{{{} - \tfrac{{1}}{{2}}\}}]")
LOG = Link("log", "log", 5, None, RISK_RATIO, rises_to_one=False, latex=r"\log {}")

#: Every link by the name that users write.
LINKS: Mapping[str, Link] = MappingProxyType(
    {link.name: link for link in (LOGIT, PROBIT, CLOGLOG, LOGLOG, CAUCHIT, LOG)}
)


def link_named(name: str) -> Link:
    """Return the link with that name; the error for another name lists the names.

    Examples
    --------
    >>> link_named("cloglog").words
    'complementary log-log'
    """
    if not isinstance(name, str) or name not in LINKS:
        known = ", ".join(repr(each) for each in LINKS)
        raise UnsupportedError(f"link={name!r} is not offered; the available links are {known}.")
    return LINKS[name]
