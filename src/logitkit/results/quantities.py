"""The labelled quantities of a fit of any model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.facts import Limit, PenaltyFacts
from logitkit.engine.record import FitRecord
from logitkit.inference.fit_statistics import corrected_aic, fit_statistics
from logitkit.inference.verbs import require
from logitkit.models.conventions import Conventions
from logitkit.models.model import Model
from logitkit.report.frames import tidy
from logitkit.report.frames.name_index import name_index
from logitkit.results.foreign import meant_by
from logitkit.results.given_rows import OfRows
from logitkit.results.labelled import labels_of
from logitkit.results.shown import shown
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.results.validated.again import Making

__all__ = ["Quantities"]


class Quantities(OfRows):
    """A fit with its labelled quantities.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
    making : Making, optional
        How it is made again from other rows, where that takes more than the record says.
    """

    def __init__(self, record: FitRecord, design: Design | None = None, making: Making | None = None) -> None:
        self.record = record
        self.design = design
        self._making = making

    def __getattr__(self, name: str) -> Any:
        """Translate an attribute name of another package."""
        raise AttributeError(meant_by(name, type(self)))

    @property
    def coef(self) -> Any:
        """Coefficients; infinite under separation, nan where aliased or undetermined.

        A series indexed by name; if each outcome has its own coefficients, a frame with one row per term and one column
        per outcome.
        """
        return self._labelled(self.record.coef, "coef")

    @property
    def coef_table(self) -> pd.DataFrame:
        """Coefficients of any model as a frame, one row per term and one column per linear predictor."""
        return self._table(self.record.coef)

    @property
    def std_error(self) -> Any:
        """Standard errors, labelled as ``coef``; posterior ones after a ridge or a prior, nan if unavailable."""
        return self._labelled(self.record.std_error, "std_error")

    def _labelled(self, values: FloatArray, name: str) -> Any:
        if self.record.family.words.compares:
            return self._table(values)
        return pd.Series(values.copy(), name_index(self.record.names), name=name)

    def _table(self, values: FloatArray) -> pd.DataFrame:
        frame = tidy.coefficient_frame(self.record, values)
        if self.record.is_single:
            frame.columns = pd.Index([self.outcomes[-1]], name=self.record.info.response.name)
        return frame

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes in order; of two, the second is the event."""
        return self.record.outcomes

    @property
    def reference(self) -> str | None:
        """The outcome that the others are compared with; None in symmetric form."""
        record = self.record
        if record.has_event:
            return record.outcomes[0]
        return None if record.reference is None else record.outcomes[record.reference]

    @property
    def vcov(self) -> pd.DataFrame:
        """Labelled covariance of the coefficients; posterior after a ridge or a prior, nan if unavailable."""
        require(self.record, "vcov")
        names = name_index(self.record.names)
        return pd.DataFrame(self.record.vcov, names, names)

    @property
    def model(self) -> Model:
        """The model that was fitted, which ``lk.fit(..., model=fit.model)`` and all that fit take for other data.

        It is the statement of the fit. Where that left to the levels of the data which outcome is the event, or the
        reference, the one that was taken is filled in, so that other rows, among which some level may be missing, are
        fitted with the same; a penalty without a stated reference makes it ``reference=None``. The outcomes of an
        ordinal model have the order of their type, or the one that was stated.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.multinomial("race ~ age", births)
        >>> fit.model
        Multinomial(reference='white')
        >>> lk.fit("race ~ age + smoke", births[births["race"] != "other"], model=fit.model).reference
        'white'
        """
        return cast("Model", self.record.model)

    @property
    def formula(self) -> str | None:
        """The formula, or None for a ready matrix."""
        return self.record.info.formula

    @property
    def loglik(self) -> float:
        """Log-likelihood with the binomial constant; nan with sampling weights or clusters."""
        return self.record.loglik if self.record.has_loglik else float("nan")

    @property
    def deviance(self) -> float:
        """Twice the difference in log-likelihood from the saturated model; nan with sampling weights or clusters."""
        return self.record.deviance if self.record.has_deviance else float("nan")

    @property
    def dispersion(self) -> float:
        """Factor of the variances by ``dispersion=``, or Williams's rho; nan where none was estimated."""
        found = self.record.covariance.dispersion
        return float("nan") if found is None else found

    @property
    def conventions(self) -> Conventions:
        """What was done where packages differ, ``conventions=`` of the fit."""
        return self.record.conventions

    @property
    def null_deviance(self) -> float:
        """Deviance of the model with intercept and offset only; nan with sampling weights or clusters."""
        return self.record.null_deviance if self.record.has_deviance else float("nan")

    @property
    def aic(self) -> float:
        """Akaike's information criterion; nan with sampling weights or clusters, and after a penalty."""
        return fit_statistics(self.record).aic

    @property
    def aicc(self) -> float:
        """AIC corrected for few rows: Hurvich and Tsai's."""
        return corrected_aic(self.record)

    @property
    def bic(self) -> float:
        """Bayesian information criterion with n = ``n_obs``; nan whenever ``aic`` is."""
        return fit_statistics(self.record).bic

    @property
    def n_obs(self) -> int:
        """Number of rows of positive weight, or the sum of frequency weights."""
        return self.record.n_obs

    @property
    def n_params(self) -> int:
        """Rank of the design; after a penalty the number of nonzero coefficients."""
        return self.record.n_params

    @property
    def dof_residual(self) -> int:
        """Observations less parameters; with K outcomes each observation counts K - 1 times."""
        return self.record.dof_residual

    @property
    def converged(self) -> bool:
        """Whether the solver reached its tolerance; under separation, for the limiting model."""
        return self.record.converged

    @property
    def status(self) -> str:
        """How the solver ended, as text."""
        return self.record.status.value

    @property
    def aliased(self) -> tuple[str, ...]:
        """Names of the columns dropped because earlier columns determine them."""
        return tuple(self.record.names[j] for j in self.record.aliased)

    @property
    def absorbed(self) -> pd.DataFrame | None:
        """Rows and intercept of each level of the absorbed factor, infinite if dropped; None without one."""
        return tidy.absorbed_frame(self.record)

    @property
    def penalty(self) -> PenaltyFacts | None:
        """Facts about the penalty; None after maximum likelihood."""
        return self.record.penalty

    @property
    def separation(self) -> Limit | None:
        """Facts about the separation, with its certificate; None if the estimate exists."""
        return shown(self.record.limit, labels_of(self)) if self.record.is_separated else None

    @property
    def r_squared(self) -> pd.Series:
        """McFadden, Cox-Snell, Nagelkerke and Tjur coefficients of determination; after a penalty Tjur's only.

        The other three compare maxima of the likelihood, which a penalised fit does not attain; they are nan there, and
        with sampling weights or clusters.
        """
        return tidy.r_squared_series(fit_statistics(self.record))

    @property
    def trace(self) -> pd.DataFrame:
        """The solver's iterations: objective, Newton decrement and step length."""
        return pd.DataFrame(self.record.trace)

    def __getstate__(self) -> dict[str, Any]:
        """Drop the rows when pickled."""
        return {"record": self.record, "design": None, "_making": None}

    def __copy__(self) -> Self:
        """Return the same fit with its rows; both are immutable."""
        return type(self)(self.record, self.design, self._making)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the same fit with its rows; both are immutable."""
        return type(self)(self.record, self.design, self._making)
