r"""Several models of the same rows as one: averages of probabilities, and weighted sums of logits.

With :math:`p_j` the probabilities of member j and :math:`z_j` its logits, a linear pool has the probabilities
:math:`\sum_j w_j p_j`, with weights that are not negative and add up to one, and a logarithmic pool the logits
:math:`\sum_j w_j z_j`, with weights that are not negative. See ``docs/maths/pools.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import numpy as np

from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.arrays import plain_numbers
from logitkit.logits.functions import log_sigmoid, log_softmax, logsumexp
from logitkit.logits.pools.profile import profile_limits
from logitkit.logits.pools.rows import LEAST, PoolRows, read_members
from logitkit.logits.scores import probabilities
from logitkit.logits.threads import over_rows
from logitkit.numerics.kernels.event_scores import add_chances
from logitkit.numerics.threads.local import threads_in_use
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Pool", "pooled"]

EMPTY = partial(np.empty, 0)


@dataclass(frozen=True)
class Pool:
    """A pool of several models.

    Parameters
    ----------
    kind : {'linear', 'log'}
        Whether probabilities are averaged, or logits added up.
    names : tuple of str
        The J members.
    weights : (J,) array
        Weights of the members; exactly 0 at the bound.
    adds_up : bool
        Whether the weights were constrained to add up to one.
    std_error : (J,) array
        From the information of the weights above zero; 0 for weights at their bound, nan if weights were not learnt.
    vcov : (J, J) array
        Covariance of the weights, in the same way.
    gap : float
        The log-likelihood is at most this far below its maximum. If the sum is free, the maximum is over weights whose
        sum is no more than twice theirs plus one.
    n : float
        Total weight of the rows from which the pool was learnt.
    log_loss, brier : float
        Scores of the pool on these rows; slightly optimistic, because the weights were learnt there.
    member_log_loss, member_brier : (J,) array
        Scores of the members on the same rows.
    rows : PoolRows or None
        The rows from which the weights were learnt; ``interval`` needs them.

    Examples
    --------
    >>> pool = Pool("linear", ("a", "b"), np.array([0.5, 0.5]), True)
    >>> bool(np.isclose(pool.transform_probabilities([[4.0], [-4.0]])[0], 0.5))
    True
    """

    kind: str
    names: tuple[str, ...]
    weights: FloatArray
    adds_up: bool
    std_error: FloatArray = field(default_factory=EMPTY)
    vcov: FloatArray = field(default_factory=partial(np.empty, (0, 0)), repr=False)
    gap: float = float("nan")
    n: float = 0.0
    log_loss: float = float("nan")
    brier: float = float("nan")
    member_log_loss: FloatArray = field(default_factory=EMPTY)
    member_brier: FloatArray = field(default_factory=EMPTY)
    rows: PoolRows | None = field(default=None, repr=False, compare=False)

    @property
    def at_bound(self) -> BoolArray:
        """True for weights that are held at zero because the likelihood would make them negative."""
        return np.asarray(self.weights == 0.0)

    def transform(self, members: Any) -> FloatArray:
        """Return the logits of the pool.

        Parameters
        ----------
        members : sequence or mapping of array-like
            Logits of each member, (n,) or (n, K), in the order of ``names`` or by name.

        Returns
        -------
        (n,) or (n, K) array
            Log odds of the event. For K outcomes: log probabilities from a linear pool, weighted sums of logits from
            a logarithmic one.

        Raises
        ------
        DataError
            If there are more or fewer members, or their shapes differ.
        """
        if isinstance(members, Mapping):
            absent = [name for name in self.names if name not in members]
            if absent or len(members) != len(self.names):
                raise DataError(f"members are {list(members)!r:.80}, and the pool has {list(self.names)!r:.80}.")
            members = [members[name] for name in self.names]
        _, logits = read_members(members)
        if len(logits) != len(self.names):
            raise DataError(f"There are logits of {len(logits)} members, and the pool has {len(self.names)}.")
        return pooled(self.kind, logits, self.weights)

    def transform_probabilities(self, members: Any) -> FloatArray:
        """Return the probabilities of the pool.

        Parameters
        ----------
        members : sequence or mapping of array-like
            As for ``transform``.

        Returns
        -------
        (n,) or (n, K) array
            Probabilities of the event, or of each outcome.
        """
        return probabilities(self.transform(members))

    def to_dict(self) -> dict[str, Any]:
        """Return the pool without the rows that it was learnt from, as plain numbers for JSON.

        Returns
        -------
        dict
            The input of ``from_dict``.
        """
        numbers = {name: plain_numbers(getattr(self, name)) for name in (*ARRAYS, *SCALARS)}
        return {"kind": self.kind, "names": list(self.names), "adds_up": self.adds_up, **numbers}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Return the pool that ``to_dict`` wrote.

        Parameters
        ----------
        kept : mapping
            The output of ``to_dict``.

        Returns
        -------
        Pool
            The same pool, without the rows that profile intervals need.

        Raises
        ------
        DataError
            If a field is missing or has invalid values.
        """
        try:
            numbers: dict[str, Any] = {name: np.asarray(kept[name], dtype=np.float64) for name in (*ARRAYS, *SCALARS)}
            names, kind, adds_up = tuple(str(name) for name in kept["names"]), kept["kind"], kept["adds_up"] is True
            for name in SCALARS:
                numbers[name] = float(numbers[name])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"This is no pool: {error!r:.80}.") from error
        j, weights = len(names), numbers["weights"]
        fits = all(numbers[name].shape in ((j,), (0,)) for name in ARRAYS if name != "vcov") and weights.shape == (j,)
        fits = fits and numbers["vcov"].size in (0, j * j) and numbers["vcov"].size == numbers["std_error"].size ** 2
        if kind not in ("linear", "log") or j < 2 or not fits or not (weights >= 0.0).all() or np.isinf(weights).any():
            raise DataError("This is no pool: its numbers do not fit one another.")
        if adds_up and abs(weights.sum() - 1.0) > 1e-6:
            raise DataError(f"This is no pool: its weights add up to {weights.sum():g}, and should to 1.")
        numbers["vcov"] = numbers["vcov"].reshape(numbers["std_error"].size, -1 if numbers["std_error"].size else 0)
        return cls(kind, names, adds_up=adds_up, **numbers)

    def interval(self, level: float = 0.95) -> FloatArray:
        """Return profile likelihood intervals of the weights, which respect their bounds.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level. If the true weight is zero, coverage is higher.

        Returns
        -------
        (J, 2) array
            Lower and upper limits.

        Raises
        ------
        UnsupportedError
            If the weights were given and not learnt, or read from a file.
        """
        if self.rows is None:
            if not self.std_error.size:
                raise UnsupportedError("These weights were given, not learnt: they have no interval.")
            raise UnsupportedError(
                "This pool was read from a file, without the rows of its likelihood: std_error has errors of weights."
            )
        with threads_in_use():
            return profile_limits(self.rows.loss, self.weights, self.std_error, float(self.n), self.adds_up, level)


ARRAYS = ("weights", "std_error", "vcov", "member_log_loss", "member_brier")
SCALARS = ("gap", "n", "log_loss", "brier")


def pooled(kind: str, logits: list[FloatArray], weights: FloatArray) -> FloatArray:
    """Return the logits of a pool of members that were checked.

    Parameters
    ----------
    kind : {'linear', 'log'}
        Whether probabilities are averaged, or logits added up.
    logits : list of (n,) or (n, K) array
        Logits of the members.
    weights : (J,) array
        Not negative.

    Returns
    -------
    (n,) or (n, K) array
        Logits, without loss of precision for probabilities near 0 or 1.

    Examples
    --------
    >>> pooled("log", [np.array([1.0]), np.array([3.0])], np.array([0.5, 1.0])).tolist()
    [3.5]
    >>> pooled("linear", [np.array([-1000.0]), np.array([-1000.0])], np.array([0.5, 0.5])).tolist()
    [-1000.0]
    """
    places = np.flatnonzero(weights > 0.0)
    if kind == "log":
        out = np.zeros(logits[0].shape)
        for j in places:
            out += weights[j] * logits[j]
        return out
    share = np.log(weights[places])
    if logits[0].ndim == 2:
        return _mean_of_logs([log_softmax(logits[j]) for j in places], share)
    found = _mean_of_chances([logits[j] for j in places], weights[places])
    if found is not None:
        return found
    event = _mean_of_logs([log_sigmoid(logits[j]) for j in places], share)
    return np.asarray(event - _mean_of_logs([log_sigmoid(-logits[j]) for j in places], share))


def _mean_of_logs(logs: list[Any], share: FloatArray) -> FloatArray:
    """Return the log of a weighted sum of exponentials."""
    return np.asarray(logsumexp(np.stack([one + s for one, s in zip(logs, share, strict=True)]), axis=0))


def _mean_of_chances(logits: list[FloatArray], weights: FloatArray) -> FloatArray | None:
    """Return the log odds of a weighted sum of probabilities of an event; None where one of them is extreme."""
    out, extreme = np.empty(logits[0].size), [False]

    def part(first: int, after: int) -> None:
        event, none = np.zeros(after - first), np.zeros(after - first)
        for z, weight in zip(logits, weights, strict=True):
            add_chances(z[first:after], float(weight), event, none)
        if min(event.min(), none.min()) < LEAST:
            extreme.append(True)
        else:
            np.log(event / none, out=out[first:after])

    over_rows(part, out.size, len(logits))
    return None if any(extreme) else out
