"""The values of ``start=``: an earlier fit, a fit learnt in mini-batches, or numbers by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logitkit.design.info import DesignInfo
from logitkit.engine.warm_start import Known, known_coefficients, require_same_model, warm_start
from logitkit.errors import DataError, UnsupportedError
from logitkit.models.form import Form
from logitkit.results.fit import Fit
from logitkit.typing import FloatArray

__all__ = ["start_of", "stated_start"]


def start_of(given: Any, info: DesignInfo, form: Form, penalised: bool = False) -> FloatArray:
    """Return the coefficients that a solver starts from, in the parametrisation of the solver."""
    if penalised:
        raise UnsupportedError(
            "start= is of maximum likelihood: a penalised fit starts from its null model, from where it proves its gap."
        )
    if info.nuisance.n_parameters:
        raise UnsupportedError("start= does not go with absorb=: the levels that are eliminated start with the data.")
    if isinstance(given, Fit):
        require_same_model(given.record, info, form)
    return warm_start(stated_start(given), info, form)


def stated_start(given: Any) -> Known:
    """Return the coefficients that were given, by label and column."""
    if isinstance(given, Fit):
        return known_coefficients(given.record)
    known = getattr(given, "known_coefficients", None)
    if known is not None:
        return known()  # type: ignore[no-any-return]
    if isinstance(given, Mapping) and given:
        try:
            return {("", str(name)): float(value) for name, value in given.items()}
        except (TypeError, ValueError) as error:
            raise DataError(
                "start= maps names to values that are no numbers: give {'Intercept': -1.0, ...}."
            ) from error
    raise DataError(
        f"start={given!r:.60}: give a fit, one from lk.load or lk.learn, or a mapping of names to numbers, such as "
        "dict(fit.coef)."
    )
