"""The labelled quantities of a fit of any model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.facts import Limit, PenaltyFacts
from logitkit.engine.record import FitRecord
from logitkit.inference.verbs import require
from logitkit.models.conventions import Conventions
from logitkit.models.model import Model
from logitkit.report.frames.name_index import name_index
from logitkit.results.labelled import labels_of
from logitkit.results.shown import shown
from logitkit.results.statistics import Statistics
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.results.validated.again import Making

__all__ = ["Quantities"]


class Quantities(Statistics):
    """A fit with its labelled quantities.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
    making : Making, optional
        How the fit is repeated on other rows, if the record alone is not enough for that.
    """

    def __init__(self, record: FitRecord, design: Design | None = None, making: Making | None = None) -> None:
        self.record = record
        self.design = design
        self._making = making

    def __getattr__(self, name: str) -> Any:
        """Translate an attribute name of another package."""
        from logitkit.results.their_words import meant_by

        raise AttributeError(meant_by(name, type(self)))

    @property
    def coef(self) -> Any:
        """Coefficients; infinite under separation, nan if aliased or undetermined.

        A series indexed by name or, if each outcome has its own coefficients, a data frame with one row per term and
        one column per outcome.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> fit.coef.round(3).to_dict()
        {'Intercept': 0.061, 'age': -0.05, 'smoke': 0.692}
        """
        return self._labelled(self.record.coef, "coef")

    @property
    def coef_table(self) -> pd.DataFrame:
        """Coefficients of any model as a data frame, with one row per term and one column per linear predictor.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.multinomial("race ~ age + smoke", lk.datasets.load_lbw())
        >>> fit.coef_table.round(3)
        outcome    black  other
        term
        Intercept  1.731  2.296
        age       -0.117 -0.087
        smoke     -0.768 -1.793
        """
        return self._table(self.record.coef)

    @property
    def std_error(self) -> Any:
        """Standard errors, labelled like ``coef``; posterior ones with a ridge penalty or a prior, nan if unavailable.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> fit.std_error.round(3).to_dict()
        {'Intercept': 0.757, 'age': 0.032, 'smoke': 0.322}
        """
        return self._labelled(self.record.std_error, "std_error")

    def _labelled(self, values: FloatArray, name: str) -> Any:
        if self.record.family.words.compares:
            return self._table(values)
        return pd.Series(values.copy(), name_index(self.record.names), name=name)

    def _table(self, values: FloatArray) -> pd.DataFrame:
        from logitkit.report.frames import tidy

        frame = tidy.coefficient_frame(self.record, values)
        if self.record.is_single:
            frame.columns = pd.Index([self.outcomes[-1]], name=self.record.info.response.name)
        return frame

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes in order; if there are two, the second is the event.

        Examples
        --------
        >>> import logitkit as lk
        >>> lk.multinomial("race ~ age", lk.datasets.load_lbw()).outcomes
        ('white', 'black', 'other')
        """
        return self.record.outcomes

    @property
    def reference(self) -> str | None:
        """The outcome with which the others are compared; None in the symmetric form.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> lk.logit("low ~ age", births).reference, lk.multinomial("race ~ age", births).reference
        ('0', 'white')
        """
        record = self.record
        if record.has_event:
            return record.outcomes[0]
        return None if record.reference is None else record.outcomes[record.reference]

    @property
    def vcov(self) -> pd.DataFrame:
        """Labelled covariance of the coefficients; posterior with a ridge penalty or a prior, nan if unavailable.

        Examples
        --------
        The standard errors are the square roots of its diagonal:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> fit.vcov.round(4)
                   Intercept     age   smoke
        Intercept     0.5735 -0.0232 -0.0473
        age          -0.0232  0.0010  0.0000
        smoke        -0.0473  0.0000  0.1036
        """
        require(self.record, "vcov")
        names = name_index(self.record.names)
        return pd.DataFrame(self.record.vcov, names, names)

    @property
    def model(self) -> Model:
        """The model that was fitted, which can be fitted to other data by ``lk.fit(..., model=fit.model)``.

        It is the model as stated in the call. If the call left the event or the reference to be chosen from the data,
        the chosen outcome is filled in, so that other rows, in which some level may be missing, are fitted with the
        same one; with a penalty and no stated reference, it is ``reference=None``. The outcomes of an ordinal model are
        in the order of their type, or in the stated order.

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
        """The formula, or None if the fit was to a matrix.

        Examples
        --------
        >>> import logitkit as lk
        >>> lk.logit("low ~ age + smoke", lk.datasets.load_lbw()).formula
        'low ~ age + smoke'
        """
        return self.record.info.formula

    @property
    def conventions(self) -> Conventions:
        """The choices made where packages differ, as set by ``conventions=``.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw(), conventions="stata")
        >>> fit.conventions.title, fit.conventions.binary_information
        ('Stata', 'observed')
        """
        return self.record.conventions

    @property
    def converged(self) -> bool:
        """Whether the solver reached its tolerance; under separation, this refers to the limiting model.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> fit.converged, fit.status, len(fit.trace)
        (True, 'converged', 5)
        """
        return self.record.converged

    @property
    def status(self) -> str:
        """How the solver ended, in words.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> fit.status
        'converged'
        """
        return self.record.status.value

    @property
    def aliased(self) -> tuple[str, ...]:
        """Names of the columns that were dropped because they are linear combinations of earlier columns.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw().assign(kg=lambda births: births.lwt * 0.4536)
        >>> fit = lk.logit("low ~ lwt + kg", births)
        >>> fit.aliased, fit.coef.round(4).to_dict()
        (('kg',), {'Intercept': 0.9958, 'lwt': -0.014, 'kg': nan})
        """
        return tuple(self.record.names[j] for j in self.record.aliased)

    @property
    def absorbed(self) -> pd.DataFrame | None:
        """Rows and intercept of each level of the absorbed factor, infinite if dropped; None if there is none.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> lk.logit("low ~ age + smoke", births, absorb="race").absorbed.round(3)
           level  rows  intercept
        0  white    96     -1.008
        1  black    26      0.004
        2  other    67      0.049
        """
        from logitkit.report.frames import tidy

        return tidy.absorbed_frame(self.record)

    @property
    def penalty(self) -> PenaltyFacts | None:
        """Facts about the penalty; None for a maximum likelihood fit.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt + smoke", births, penalty=lk.Ridge(0.1))
        >>> fit.penalty.strengths, round(fit.penalty.dof, 3)
        ((('ridge', 0.1),), 2.973)
        """
        return self.record.penalty

    @property
    def separation(self) -> Limit | None:
        """Facts about the separation, with its certificate; None if the estimate exists.

        Examples
        --------
        The signs of the infinite estimates, and the number of rows that are predicted perfectly:

        >>> import logitkit as lk
        >>> fit = lk.logit("y ~ x", {"y": [0, 0, 0, 1, 1, 1], "x": [1, 2, 3, 4, 5, 6]})
        >>> dict(zip(fit.separation.names, fit.separation.signs.tolist(), strict=True)), fit.separation.n_rows
        ({'Intercept': -1.0, 'x': 1.0}, 6)
        """
        return shown(self.record.limit, labels_of(self)) if self.record.is_separated else None

    @property
    def trace(self) -> pd.DataFrame:
        """The iterations of the solver: objective, Newton decrement and step length.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> fit.trace.iloc[:3].round(4)
           iteration     value  decrement  length   kept
        0          0  131.0048     5.7387     1.0  False
        1          1  113.8187     0.5930     1.0  False
        2          2  113.6384     0.0239     1.0  False
        """
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
