"""The frozen record of a fit, which holds no row of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from logitkit.design.design import RowCounts
from logitkit.design.info import DesignInfo
from logitkit.design.nuisance import Nuisance
from logitkit.engine.coefficient_names import CoefficientNames
from logitkit.engine.curvature.vcov import Vcov
from logitkit.engine.facts import AdjustmentFacts, Covariance, Limit, PenaltyFacts, ReadFacts
from logitkit.engine.law import Law
from logitkit.engine.rank import Coordinates
from logitkit.engine.solvers.solver import Status, Step
from logitkit.models.conventions import OURS, Conventions
from logitkit.models.form import Form
from logitkit.numerics.once import altered, once
from logitkit.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from logitkit.engine.levels.level_coordinates import LevelCoordinates
    from logitkit.models.model import Model

__all__ = ["FitRecord"]


@dataclass(frozen=True, kw_only=True)
class FitRecord(CoefficientNames):
    """The result of a fit of any model, without its rows.

    Parameters
    ----------
    info : DesignInfo
        Names, terms, coding and how the response was given.
    form : Form
        The model once the columns and outcomes are known: its likelihood and linear predictors, as solved for and as
        shown. Refits are solved in it.
    totals : (K,) array
        Weighted trials of each outcome.
    coef : (p,) array
        The flat coefficients of the predictors; plus or minus infinity under separation, nan where aliased or
        undetermined.
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
    limit : Limit
        Where the maximum lies: at infinity when the data are separated.
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
    adjustment : AdjustmentFacts or None
        How the likelihood or its scores were adjusted against bias; None where they were not.
    conventions : Conventions
        What was done where packages differ.
    n_improper : int
        Rows of the fit whose linear predictors give no probabilities.
    read : ReadFacts or None
        What was read for it, where rows are read in chunks.
    errors_within : float
        Relative error of the standard errors by the second derivatives, at most; zero where it is 1e-9 or less.
    """

    info: DesignInfo
    form: Form
    totals: FloatArray
    coef: FloatArray
    coordinates: Coordinates | LevelCoordinates
    inner_coef: FloatArray
    inner_vcov: Vcov
    inner_model_vcov: Vcov
    aliased: IntArray
    limit: Limit
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
    adjustment: AdjustmentFacts | None = None
    conventions: Conventions = OURS
    n_improper: int = 0
    read: ReadFacts | None = None
    errors_within: float = 0.0

    @property
    def model(self) -> Model | None:
        """The model as it was stated, with what the data decided filled in; None of fits within others."""
        return self.form.model

    @property
    def family(self) -> Any:
        """The likelihood as a function of the linear predictors."""
        return self.form.family

    @property
    def reference(self) -> int | None:
        """Of several outcomes, the one without coefficients; None for two, and where those of each term sum to zero."""
        return self.form.reference

    @property
    def absent(self) -> BoolArray | None:
        """Coefficients that are not in the model: zero, and no estimates; shape (p,)."""
        return self.form.absent

    @property
    def restricted(self) -> bool:
        """Whether predictors differ by outcome, or share coefficients."""
        return self.form.is_restricted

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The K outcomes, as printed; of two, the event is the second."""
        return self.info.response.outcomes

    @property
    def nuisance(self) -> Nuisance:
        """What is eliminated from the model."""
        return self.info.nuisance

    @property
    def events(self) -> float:
        """Weighted events, of two outcomes."""
        return float(self.totals[1])

    @property
    def modelled(self) -> tuple[str, ...]:
        """The outcomes that have coefficients."""
        return self.predictors.parts[0].labels

    def __post_init__(self) -> None:
        """Make the arrays read-only, as a record is frozen."""
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

    @once
    def std_error(self) -> FloatArray:
        """Standard errors, shape (p,), read-only; nan where there is none."""
        variance = self.coordinates.variances(self.inner_vcov)
        error = np.sqrt(np.where(np.isfinite(self.coef) & (variance >= 0.0), variance, np.nan))
        error.flags.writeable = False
        return error

    @property
    def converged(self) -> bool:
        """Whether the solver reached its tolerance, at the limit if the data are separated."""
        return self.status in (Status.CONVERGED, Status.SEPARATED)

    @property
    def is_separated(self) -> bool:
        """Whether the maximum lies at infinity."""
        return self.limit.dimension > 0

    @property
    def separated_completely(self) -> bool:
        """Whether no row is left to the limiting model: every one is fitted perfectly, and no coefficient is finite."""
        if self.limit.cone is None or self.limit.dimension < self.inner_coef.size:
            return False
        if self.nuisance.n_parameters == 0:
            return True
        # Parameters that are eliminated are none of the coefficients: there the rows are counted.
        used = self.counts.given - self.counts.missing
        return self.limit.n_rows == used - self.nuisance.n_dropped_rows

    @property
    def lower_maxima(self) -> str:
        """How many starts of the solver lead to a lower maximum of the likelihood, in words; empty where none does."""
        return self.method.partition("; ")[2]

    @property
    def dof_residual(self) -> int:
        """Free probabilities of the observations, K - 1 of each, less the rank of the design."""
        return self.n_obs * (len(self.outcomes) - 1) - self.n_params

    @property
    def n_intercepts(self) -> int:
        """Parameters of the null model: those that are eliminated, and K - 1 where the columns span a constant."""
        return self.nuisance.n_parameters + (len(self.outcomes) - 1 if self.info.spans_intercept else 0)

    @property
    def equal_terms(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """Columns whose coefficients are one for several outcomes, and these outcomes."""
        found = []
        for part in self.form.predictors.parts if self.restricted else ():
            if part.constraint is not None:
                outcomes = tuple(self.outcomes[k] for k in np.flatnonzero(part.constraint[:, 0]))
                found += [(int(column), outcomes) for column in part.columns]
        return tuple(found)

    @property
    def coef_table(self) -> FloatArray:
        """Coefficients by predictor that has some, shape (r, p)."""
        return self.coef.reshape(self.predictors.active.size, -1)

    @property
    def finite_table(self) -> FloatArray:
        """Coefficients of a finite representative of the limit, zero where aliased, for all predictors, (m, p)."""
        return self.predictors.table(self.coordinates.coef(self.inner_coef))

    @property
    def bic_n(self) -> float:
        """The n of BIC: rows, or trials by the conventions of SAS."""
        return self.n_trials if self.conventions.bic_n == "trials" else self.n_obs

    @property
    def law(self) -> Law:
        """The distribution that estimates over their standard errors are compared with."""
        return self.covariance.law

    @property
    def coefficient_law(self) -> Law:
        """The same for each coefficient."""
        law = self.covariance.law
        if law.is_normal:
            return law
        return law.of(self.coordinates.jacobian(np.eye(self.coef.size)))

    @property
    def has_event(self) -> bool:
        """Whether one of two outcomes is the event, whose probability is modelled."""
        return bool(self.family.words.has_event)

    @property
    def is_penalised(self) -> bool:
        """Whether a penalty shrinks the estimates, which are then no maximum of the likelihood."""
        return self.penalty is not None

    @property
    def has_likelihood(self) -> bool:
        """False with sampling weights or clusters (a pseudo-likelihood), after a penalty and after an adjustment."""
        return self.covariance.kind in ("model", "none") and self.adjustment is None

    @property
    def has_ratios(self) -> bool:
        """Whether twice the difference of log-likelihoods, penalised or not, is a chi-square statistic."""
        adjusted = self.adjustment is None or (self.adjustment.has_likelihood and not self.is_separated)
        return self.covariance.kind in ("model", "none") and adjusted

    @property
    def has_deviance(self) -> bool:
        """False with sampling weights or clusters, which leave a pseudo-likelihood."""
        given = self.info.response
        working = given.weight_kind == "sampling" or given.cluster is not None or self.family.words.quasi
        return not working and self.covariance.kind in ("model", "dispersion", "posterior", "withheld", "none")

    @property
    def has_loglik(self) -> bool:
        """False also where counts may vary more than the likelihood says."""
        return self.has_deviance and self.covariance.kind != "dispersion"

    def with_covariance(self, inner_vcov: Vcov, covariance: Covariance) -> Self:
        """Return the same fit with another covariance, given in the fit's coordinates."""
        return altered(self, inner_vcov=inner_vcov, covariance=covariance)
