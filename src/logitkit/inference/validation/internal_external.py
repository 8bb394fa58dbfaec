r"""Internal-external validation: each cluster or period is predicted by a model made without it.

See ``docs/maths/validation.md``, equations 25 to 31.

References
----------
Royston, P., Parmar, M. K. B. and Sylvester, R. (2004) Statistics in Medicine 23, 907-926. Steyerberg, E. W. and
Harrell, F. E. (2016) Journal of Clinical Epidemiology 69, 245-247.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from logitkit.errors import DataError
from logitkit.inference.resampling.units import prior_weights
from logitkit.inference.validation.folds import Division
from logitkit.inference.validation.held_out import SCALED, held_out_measures
from logitkit.inference.validation.optimism import Subject
from logitkit.inference.validation.random_effects import Summary, random_effects
from logitkit.inference.validation.replays import Drawn, Replays, replayed
from logitkit.typing import FloatArray

__all__ = ["InternalExternal", "internal_external"]


@dataclass(frozen=True)
class InternalExternal:
    """Measures of G groups, each predicted by a model made without it.

    Parameters
    ----------
    name : str
        Name of the grouping variable.
    groups : tuple of str
        The groups.
    n_obs, events : (G,) array
        Weighted numbers of observations and events that were predicted in each group.
    scaled, scaled_error : (G, 4) array
        Logit of the c statistic, log of observed over expected events, calibration slope and calibration in the large,
        with standard errors; nan if a group does not determine them.
    brier, log_loss : (G,) array
        Brier score and mean logarithmic loss.
    summaries : tuple of Summary
        Summaries of the four measures by a random-effects model.
    counted : bool
        Whether there are standard errors, which need independent counts.
    level : float
        Confidence level.
    made : tuple of str
        The steps that were repeated for each group, and those that were not.
    replays : Replays
        All measures by group.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> fit.validate("internal-external", by="race").groups
    ('white', 'black', 'other')
    """

    name: str
    groups: tuple[str, ...]
    n_obs: FloatArray
    events: FloatArray
    scaled: FloatArray
    scaled_error: FloatArray
    brier: FloatArray
    log_loss: FloatArray
    summaries: tuple[Summary, ...]
    counted: bool
    level: float
    made: tuple[str, ...]
    replays: Replays = field(repr=False)

    @staticmethod
    def shown(values: FloatArray | float, place: int) -> FloatArray:
        """Return values of a measure on its original scale.

        Parameters
        ----------
        values : array or float
            Values on the scale of ``scaled``.
        place : int
            Index of the measure among the four.

        Returns
        -------
        array
            The values, such as areas and ratios.
        """
        scale = SCALED[place][2]
        if scale == "logit":
            return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(values))))
        return np.asarray(np.exp(values) if scale == "log" else values, dtype=np.float64)


def internal_external(
    subject: Subject, splits: Division, name: str, groups: tuple[str, ...], level: float
) -> InternalExternal:
    """Return how well each group is predicted by a model made without it.

    Parameters
    ----------
    subject : Subject
        The model that is validated, with two outcomes.
    splits : Division
        One split per group.
    name : str
        Name of the grouping variable.
    groups : tuple of str
        Names of the groups.
    level : float
        Confidence level.

    Returns
    -------
    InternalExternal
        One row per group, and a summary of each measure.

    Raises
    ------
    DataError
        If no group can be predicted.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.validate("internal-external", by="race")
    >>> found.n_obs.tolist(), found.events.tolist()
    ([96.0, 26.0, 67.0], [23.0, 11.0, 25.0])
    """
    design = subject.design
    response, prior = design.response, prior_weights(design)
    n, count = response.n_rows, splits.n_splits
    counted = response.prior is None or response.weight_kind == "frequency"
    scaled, error = np.full((2, count, len(SCALED)), np.nan)
    n_obs, events = np.zeros((2, count))

    def drawn(split: int) -> Drawn:
        training, test = np.zeros((2, n))
        train, held = splits.train(split), splits.test(split)
        training[train], test[held] = prior[train], prior[held]
        return Drawn(training, test[None])

    def seen(split: int, predictions: FloatArray) -> None:
        held = splits.test(split)
        eta, w, y = predictions[0, held], response.weights[held], response.y[held]
        known = np.isfinite(eta) & (w > 0.0)
        n_obs[split], events[split] = w[known].sum(), w[known] @ y[known]
        if known.any():
            scaled[split], error[split] = held_out_measures(y[known], eta[known], w[known])

    none = np.empty(0, dtype=np.int64)
    replays = replayed(subject.refitter, response, subject.measures, count, drawn, none, seen)
    if not np.isfinite(scaled).any():
        raise DataError(
            f"No group of {name!r} can be predicted by a model that is made without it. Where it is a term of the "
            "model, a level that is held out has no coefficient: fit without that term."
        )
    if not counted:
        error[:] = np.nan
    keys = [each.key for each in subject.measures.every]
    return InternalExternal(
        name=name,
        groups=groups,
        n_obs=n_obs,
        events=events,
        scaled=scaled,
        scaled_error=error,
        brier=replays.values[:, 1, keys.index("brier")],
        log_loss=replays.values[:, 1, keys.index("log_loss")],
        summaries=tuple(random_effects(scaled[:, j], error[:, j], level) for j in range(len(SCALED))),
        counted=counted,
        level=level,
        made=subject.made,
        replays=replays,
    )
