"""What a fit and rows must be for a test of fit to have its distribution."""

from __future__ import annotations

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.verbs import require

__all__ = ["require_chi_square", "require_event_model", "require_testable"]

INSTEAD = "Use fit.calibration(), which takes them."


def require_testable(record: FitRecord, design: Design, own: bool) -> None:
    """Raise an error if no goodness-of-fit test has a known distribution for a fit and rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.
    own : bool
        Whether the rows are those of the fit.

    Raises
    ------
    UnsupportedError
        With precision or sampling weights, clusters or an absorbed factor; and on the rows of a fit that is penalised,
        bias-adjusted or completely separated.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> require_testable(fit.record, fit.design, True)
    """
    response = design.sample.response
    if own:
        require(record, "goodness_of_fit on the rows of the fit")
    require(record, "goodness_of_fit")
    if response.prior is not None and response.weight_kind != "frequency":
        why = "which are not counts of observations" if response.weight_kind == "precision" else "which are no counts"
        raise UnsupportedError(
            f"Tests of fit count independent trials, and these rows have {response.weight_kind} weights, {why}. "
            f"{INSTEAD}"
        )
    if response.clusters is not None:
        raise UnsupportedError(
            f"Tests of fit count independent trials, and those of a cluster ({response.clusters.name}) are not. "
            f"{INSTEAD}"
        )
    if own and record.separated_completely:
        raise UnsupportedError(
            "Every row is fitted perfectly (complete separation), so there is no lack of fit to test on the rows of "
            "the fit."
        )


def require_event_model(record: FitRecord, what: str) -> None:
    """Raise an error unless a model is of an event with one linear predictor.

    Parameters
    ----------
    record : FitRecord
        The fit.
    what : str
        Name of the request, as the start of a sentence.

    Raises
    ------
    UnsupportedError
        If the model has several linear predictors.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> require_event_model(fit.record, "The test")
    """
    if record.has_event and record.is_single:
        return
    raise UnsupportedError(f"{what} is of two outcomes; with more, fit a model of one of them against the rest.")


def require_chi_square(record: FitRecord, design: Design, in_sample: bool) -> None:
    """Raise an error if the statistic has no chi-square distribution for a fit and rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.
    in_sample : bool
        Whether the rows are those of the fit.

    Raises
    ------
    UnsupportedError
        With precision or sampling weights, clusters or an absorbed factor; and on the rows of a fit that is penalised
        or completely separated.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> require_chi_square(fit.record, fit.design, True)
    """
    response = design.sample.response
    if in_sample:
        require(record, "hosmer_lemeshow on the rows of the fit")
    require(record, "hosmer_lemeshow")
    if response.prior is not None and response.weight_kind != "frequency":
        why = ", which are not counts of observations" if response.weight_kind == "precision" else ""
        raise UnsupportedError(
            f"The Hosmer-Lemeshow statistic has no chi-square distribution with {response.weight_kind} weights{why}. "
            "Use the calibration table instead."
        )
    if response.clusters is not None:
        raise UnsupportedError(
            f"The Hosmer-Lemeshow statistic has no chi-square distribution with clusters ({response.clusters.name}). "
            "Use the calibration table instead."
        )
    if in_sample and record.separated_completely:
        raise UnsupportedError(
            "Every row is fitted perfectly (complete separation), so there is no lack of fit to test on the rows of "
            "the fit."
        )
