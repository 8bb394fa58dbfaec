"""Facts about a fit besides its estimates: its covariance, its penalty, and coefficients at infinity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

import numpy as np

from logitkit.engine.law import NORMAL, Law
from logitkit.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from logitkit.engine.existence.recession import RecessionCone
    from logitkit.models.penalties.adjustment import Adjustment
    from logitkit.models.penalties.penalty import Penalty
    from logitkit.models.penalties.quadratic import Quadratic

__all__ = ["AdjustmentFacts", "Covariance", "CovarianceKind", "Equation", "Limit", "PenaltyFacts", "ReadFacts"]


CovarianceKind = Literal[
    "model",
    "dispersion",
    "sampling",
    "rows",
    "cluster",
    "clusters",
    "serial",
    "survey",
    "imputations",
    "posterior",
    "withheld",
    "none",
]


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """What was read for a fit to rows in chunks.

    Parameters
    ----------
    passes : int
        How often the source was read, the pass that learns the coding counted.
    n_rows : int
        Rows that were read, those of each pass counted.
    n_bytes : int
        Bytes of the columns that were read, as Arrow holds them.
    in_order : bool
        Whether the source promises its rows in the same order in each pass. Otherwise the digits of two fits agree to
        1e-10 of a standard error, and need not be the same bits.
    n_kept : int
        Those of the bytes that had stayed in memory from an earlier pass, and were not read again.

    Examples
    --------
    >>> ReadFacts(6, 600_000_000, 48_000_000_000).words
    '6 passes over 8.0 GB'
    >>> ReadFacts(6, 600_000_000, 48_000_000_000, n_kept=20_000_000_000).words
    '6 passes over 8.0 GB, 20.0 GB of them from memory'
    """

    passes: int
    n_rows: int
    n_bytes: int
    in_order: bool = True
    n_kept: int = 0

    @property
    def words(self) -> str:
        """The number of passes, the bytes of one, and how many of all came from memory."""
        passes = f"{self.passes} {'pass' if self.passes == 1 else 'passes'} over {_size(self.n_bytes / self.passes)}"
        passes += f", {_size(self.n_kept)} of them from memory" if self.n_kept else ""
        return passes if self.in_order else f"{passes}, in no promised order: digits agree to 1e-10"


def _size(n_bytes: float) -> str:
    """Return a number of bytes in words."""
    for size, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if n_bytes >= size:
            return f"{n_bytes / size:,.1f} {unit}"
    return f"{n_bytes / 1e3:,.1f} kB"


@dataclass(frozen=True, slots=True)
class Covariance:
    """How the covariance of the coefficients was made.

    Parameters
    ----------
    kind : str
        ``"model"``; ``"dispersion"``, of counts that vary more than binomially; of sandwiches ``"sampling"``,
        ``"rows"``, ``"cluster"``, ``"clusters"`` (two-way), ``"serial"``,
        ``"survey"``; ``"imputations"``, by Rubin's rules; after a penalty ``"posterior"`` or ``"withheld"``;
        ``"none"`` where the coefficients alone were asked for.
    label : str
        The sentence that the summary prints.
    correction : str
        The finite-sample factor in words, empty for none.
    n_clusters : int or None
        Number of clusters, when there are any.
    law : Law
        What estimates over their standard errors are compared with.
    dispersion : float or None
        The factor of the variances, or Williams's rho; None where none was estimated.
    """

    kind: CovarianceKind = "model"
    label: str = "model-based (inverse information)"
    correction: str = ""
    n_clusters: int | None = None
    law: Law = NORMAL
    dispersion: float | None = None

    @staticmethod
    def withheld(reason: str) -> tuple[Literal["withheld"], str]:
        """Return the kind and label used when no covariance is available."""
        return "withheld", f"none. {reason}"


@dataclass(frozen=True)
class PenaltyFacts:
    """Facts about the penalty of a fit, with the data of its certificate.

    Parameters
    ----------
    words : str
        The penalty in words.
    strengths : tuple of (str, float)
        Of each part that has one, in units of the mean loss.
    standardized : str
        Which coefficients it is of, in words.
    chosen : str
        How the strength was chosen: ``"given"``, or in words.
    dof : float
        Effective degrees of freedom, the intercept included; nan where they were not computed.
    n_nonzero : int
        Coefficients of the record that are not zero or not penalised. In symmetric form those of a column without a
        penalty sum to zero, and there are as many fewer parameters.
    gap : float
        Duality gap reached by the solver, as a proportion of the loss of the null model.
    tol : float
        What it was asked to reach.
    steps : int
        Iterations of the solver; 0 where the null model is the solution.
    null_value : float
        Loss of the null model: intercept, offset and columns without penalty.
    penalty : Penalty
        Absolute strengths and bounds of scaled coefficients.
    quadratic : Quadratic or None
        A prior, of the coefficients as given.
    scale : (p,) array
        Scaled coefficients are the scale times those as given.
    certified : bool
        False where the coefficients are not the minimum of the penalised objective: a relaxed lasso.
    place : (q,) int array or None
        Where the coefficients of ``penalty`` are among those of the record, where some are left out: in symmetric form
        the first outcome's of columns without a penalty.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw(), penalty=lk.Lasso(0.05))
    >>> fit.penalty.strengths, fit.penalty.n_nonzero, fit.penalty.chosen
    ((('lasso', 0.05),), 3, 'given')
    """

    words: str
    strengths: tuple[tuple[str, float], ...]
    standardized: str
    chosen: str
    dof: float
    n_nonzero: int
    gap: float
    tol: float
    steps: int
    null_value: float
    penalty: Penalty = field(repr=False)
    quadratic: Quadratic | None = field(repr=False)
    scale: FloatArray = field(repr=False)
    certified: bool = True
    place: IntArray | None = field(default=None, repr=False)


@dataclass(frozen=True)
class AdjustmentFacts:
    """What is to be said of the adjustment of a fit.

    Parameters
    ----------
    stated : Adjustment
        As the user stated it.
    value, null_value : float
        The penalised log-likelihood at the estimate and of the null model, with the constant of counts, and with the
        information of the coefficients as they are reported; nan where there is none.
    optimum : (q,) array
        Where the penalised likelihood is largest: the estimate, but for a correction of it.
    """

    stated: Adjustment
    value: float
    null_value: float
    optimum: FloatArray = field(repr=False)

    @property
    def has_likelihood(self) -> bool:
        """Whether ratios of the penalised likelihood are tests."""
        return self.stated.has_likelihood and not self.stated.why_no_ratio


@dataclass(frozen=True)
class Limit:
    """Where the maximum of the likelihood lies: at infinity in some directions, or in none.

    Parameters
    ----------
    names : tuple of str
        Names of the p coefficients.
    cone : RecessionCone or None
        Directions of recession, in the coordinates of the fit; None where there are none, and where levels of one
        outcome are all there is, whose intercepts are infinite in these coordinates themselves.
    direction : (p,) array
        One direction of its interior, the certificate; zero where there is none.
    n_rows : int
        Rows whose fitted probability is 0 or 1 in the limit.
    signs : (p,) array
        1 and -1 for coefficients that are plus and minus infinity, nan for undetermined ones, 0 for finite ones.
    dimension : int
        Number of independent directions, 0 where the estimates are finite.

    Examples
    --------
    >>> Limit.nowhere(2).dimension, Limit.nowhere(2).infinite
    (0, ())
    """

    names: tuple[str, ...]
    cone: RecessionCone | None
    direction: FloatArray
    n_rows: int
    signs: FloatArray
    dimension: int

    @classmethod
    def nowhere(cls, n_coefficients: int) -> Self:
        """Return what is known of a fit whose estimates are finite."""
        zero = np.zeros(n_coefficients)
        return cls((), None, zero, 0, zero, 0)

    @property
    def infinite(self) -> tuple[str, ...]:
        """Coefficients that are infinite or undetermined."""
        return tuple(self.names[j] for j in np.flatnonzero(self.signs))


class Equation(NamedTuple):
    """Coefficients of one linear predictor, such as those of one outcome.

    Parameters
    ----------
    label : str
        What they are of; empty where nothing needs to be said.
    columns : (c,) int array
        The columns of X.
    places : (c,) int array
        Where their coefficients are among the flat ones.
    """

    label: str
    columns: IntArray
    places: IntArray
