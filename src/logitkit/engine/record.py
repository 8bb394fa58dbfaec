"""The frozen record of a fit: everything that is known afterwards, and no row of the data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from logitkit.design.design import RowCounts
from logitkit.design.info import DesignInfo
from logitkit.engine.curvature.vcov import Vcov
from logitkit.engine.existence.recession import RecessionCone
from logitkit.engine.levels.level_coordinates import LevelCoordinates
from logitkit.engine.rank import Coordinates
from logitkit.engine.solvers.solver import Status, Step
from logitkit.models.binomial import Binomial
from logitkit.models.penalties.penalty import Penalty
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.numerics.once import once
from logitkit.typing import FloatArray, IntArray

__all__ = ["Covariance", "FitRecord", "Limit", "ModelRecord", "PenaltyFacts"]


@dataclass(frozen=True, slots=True)
class Covariance:
    """How the covariance of the coefficients was made.

    Parameters
    ----------
    kind : str
        ``"model"``, ``"sampling"``, ``"cluster"``, or after a penalty ``"posterior"`` or ``"withheld"``.
    label : str
        The sentence that the summary prints.
    correction : str
        The finite-sample factor in words, empty for none.
    n_clusters : int or None
        Number of clusters, when there are any.
    """

    kind: str = "model"
    label: str = "model-based (inverse information)"
    correction: str = ""
    n_clusters: int | None = None

    @staticmethod
    def withheld(reason: str) -> tuple[str, str]:
        """Return kind and label of a covariance that there is not."""
        return "withheld", f"none. {reason}"


@dataclass(frozen=True)
class PenaltyFacts:
    """What is to be said of the penalty of a fit, and what its certificate is checked with.

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
        Coefficients that are not zero.
    gap : float
        Duality gap that the solver reached, as a share of the loss of the null model.
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


@dataclass(frozen=True)
class Limit:
    """What is known of a fit whose maximum lies at infinity.

    Parameters
    ----------
    names : tuple of str
        Names of the p coefficients.
    cone : RecessionCone or None
        Directions of recession, in the coordinates of the fit; None where levels of one outcome are all there is, whose
        intercepts are infinite in these coordinates themselves.
    direction : (p,) array
        One direction of its interior, the certificate.
    n_rows : int
        Rows whose fitted probability is 0 or 1 in the limit.
    signs : (p,) array
        1 and -1 for coefficients that are plus and minus infinity, nan for undetermined ones, 0 for finite ones.
    dimension : int
        Number of independent directions.
    """

    names: tuple[str, ...]
    cone: RecessionCone | None
    direction: FloatArray
    n_rows: int
    signs: FloatArray
    dimension: int


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """What is known after the fit of any model, without the rows.

    Parameters
    ----------
    info : DesignInfo
        Names, terms, coding and how the response was given.
    coef : (p,) array
        Estimates; plus or minus infinity under separation, nan where aliased or undetermined.
    coordinates : Coordinates
        The q coordinates that the fit was solved in. What follows from the estimates is computed in them, so that badly
        conditioned columns cost no digits.
    inner_coef : (q,) array
        The estimates in these coordinates; under separation a finite representative of the limiting model.
    inner_vcov : Vcov
        Their covariance.
    inner_model_vcov : Vcov
        The same from the inverse of the information, the bread of every sandwich.
    aliased : (k,) int array
        Columns that were dropped because earlier columns explain them.
    limit : Limit or None
        Set when the data are separated.
    covariance : Covariance
        How ``vcov`` was made.
    loglik, null_loglik, deviance, null_deviance : float
        Log-likelihoods with the constant of counts, and deviances.
    n_obs : int
        Rows of positive weight, or the sum of frequency weights; the n of BIC.
    n_params : int
        Rank of the design.
    total : float
        Weighted trials.
    n_trials : float
        Number of trials: frequency weights count them, other weights do not.
    tjur : float
        Mean probability among events less that among non-events; nan where there are more outcomes.
    log_constant : float
        The constant of the counts that the log-likelihoods include.
    counts : RowCounts
        Rows of the table, used and dropped.
    status : Status
        How the solver ended.
    decrement : float
        Newton decrement at the end, in standard errors.
    trace : tuple of Step
        Every iteration.
    level : float
        Confidence level of intervals.
    fingerprint : str
        Tells whether rows given later are the rows of the fit.
    method : str
        How it was solved, in words.
    penalty : PenaltyFacts or None
        None after maximum likelihood.
    """

    info: DesignInfo
    coef: FloatArray
    coordinates: Coordinates | LevelCoordinates
    inner_coef: FloatArray
    inner_vcov: Vcov
    inner_model_vcov: Vcov
    aliased: IntArray
    limit: Limit | None
    covariance: Covariance
    loglik: float
    null_loglik: float
    deviance: float
    null_deviance: float
    n_obs: int
    n_params: int
    total: float
    n_trials: float
    tjur: float
    log_constant: float
    counts: RowCounts
    status: Status
    decrement: float
    trace: tuple[Step, ...]
    level: float
    fingerprint: str
    method: str = "Newton's method"
    penalty: PenaltyFacts | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.info.names

    def __post_init__(self) -> None:
        """Make the arrays read-only: a record is what was found."""
        for name in ("coef", "inner_coef", "aliased"):
            getattr(self, name).flags.writeable = False

    @once
    def full_vcov(self) -> FloatArray:
        """Covariance of a finite representative of the estimates, zero where aliased, shape (p, p)."""
        return self.coordinates.vcov(self.inner_vcov.array())

    @once
    def model_vcov(self) -> FloatArray:
        """The same from the inverse of the information, shape (p, p)."""
        return self.coordinates.vcov(self.inner_model_vcov.array())

    @property
    def vcov(self) -> FloatArray:
        """Covariance of the estimates, nan for those that are infinite, undetermined or aliased, shape (p, p)."""
        finite = np.isfinite(self.coef)
        return np.where(finite[:, None] & finite, self.full_vcov, np.nan)

    @property
    def std_error(self) -> FloatArray:
        """Standard errors, shape (p,); nan where there is none."""
        variance = self.coordinates.variances(self.inner_vcov)
        return np.sqrt(np.where(np.isfinite(self.coef) & (variance >= 0.0), variance, np.nan))

    @property
    def converged(self) -> bool:
        """Whether the solver reached its tolerance, at the limit if the data are separated."""
        return self.status in (Status.CONVERGED, Status.SEPARATED)

    @property
    def separated_completely(self) -> bool:
        """Whether no row is left to the limiting model: every one is fitted perfectly, and no coefficient is finite."""
        if self.limit is None or self.limit.cone is None or self.limit.dimension < self.inner_coef.size:
            return False
        absorbed = self.info.absorbed  # whose levels are no coefficients: there the rows are counted
        used = self.counts.given - self.counts.missing
        return absorbed is None or self.limit.n_rows == used - absorbed.n_dropped_rows

    @property
    def dof_residual(self) -> int:
        """Observations less the rank of the design."""
        return self.n_obs - self.n_params

    @property
    def naming(self) -> str:
        """How names of coefficients are made, where they are not those of the columns."""
        return ""

    def term_places(self) -> list[tuple[str, IntArray]]:
        """Return the terms of a formula and the places of their coefficients, those that are aliased left out."""
        if self.info.formula is None:
            return []
        found = [(term.name, np.setdiff1d(term.columns, self.aliased)) for term in self.info.terms]
        return found + [(name, np.empty(0, dtype=np.int64)) for name in self.info.empty_terms]

    @property
    def n_intercepts(self) -> int:
        """Coefficients of the null model: the intercepts of absorbed levels, or the intercept that the columns span."""
        absorbed = self.info.absorbed
        return int(self.info.spans_intercept) if absorbed is None else absorbed.n_varied

    @property
    def has_likelihood(self) -> bool:
        """False when weights or clusters make the likelihood a working device only, and after a penalty."""
        return self.covariance.kind == "model"

    @property
    def has_deviance(self) -> bool:
        """False when weights or clusters make the likelihood a working device only."""
        given = self.info.response
        return given.weight_kind != "sampling" and given.cluster is None

    def with_covariance(self, inner_vcov: Vcov, covariance: Covariance) -> Self:
        """Return the same fit with another covariance, given in the fit's coordinates."""
        return replace(self, inner_vcov=inner_vcov, covariance=covariance)


@dataclass(frozen=True, kw_only=True)
class FitRecord(ModelRecord):
    """What is known after the fit of a model of two outcomes.

    Parameters
    ----------
    family : Binomial
        Distribution and link.
    events : float
        Weighted events.
    """

    family: Binomial
    events: float
