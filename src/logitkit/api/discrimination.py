"""The public function that compares ROC curves of scores, wherever they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from logitkit.diagnostics.discrimination.areas import rates_between
from logitkit.diagnostics.discrimination.comparison import CompareAsked, RocMethod
from logitkit.diagnostics.discrimination.comparison import roc_test as compared
from logitkit.diagnostics.discrimination.scored import scored_arrays
from logitkit.errors import DataError
from logitkit.options import require_seed
from logitkit.results.diagnosed.roc_tests import RocTestResult
from logitkit.results.diagnosed.together import as_result

__all__ = ["roc_test"]


def roc_test(
    y: Any,
    *scores: Any,
    other_y: Any = None,
    names: Sequence[str] | None = None,
    weights: Any = None,
    cluster: Any = None,
    method: RocMethod = "delong",
    contrasts: Any = "reference",
    fpr: tuple[float, float] | None = None,
    level: float = 0.95,
    n: int = 2000,
    seed: int | None = 0,
) -> RocTestResult:
    """Compare the ROC curves of two or more scores.

    Parameters
    ----------
    y : (n,) array
        1 for an event, 0 for a non-event.
    *scores : (n,) arrays, or one mapping of them by name
        Scores that are higher where the event is more likely. Rows with a missing score are left out.
    other_y : array, optional
        Outcomes for the second of two scores, if its rows differ from those of the first.
    names : sequence of str, optional
        Names of the scores.
    weights : (n,) array, optional
        How many observations each row stands for.
    cluster : (n,) array, optional
        Rows with the same value may be dependent.
    method : {'delong', 'bootstrap', 'venkatraman'}
        Standard errors by DeLong's method or the bootstrap; or Venkatraman's permutation test of equal curves.
    contrasts : {'reference', 'successive', 'pairs'} or (r, k) array
        The first score minus each other one, each minus the next, all pairs, or coefficients that sum to zero.
    fpr : pair of float, optional
        The range of false positive rates of a partial area; by default the whole area.
    level : float, default 0.95
        Confidence level.
    n : int, default 2000
        Number of bootstrap samples or permutations.
    seed : int, optional
        Seed of the random number generator.

    Returns
    -------
    RocTestResult
        Areas, contrasts with standard errors, and a joint test of the contrasts.

    Raises
    ------
    DataError, UnsupportedError
        If lengths differ, only one outcome occurs, or the method does not apply.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> found = lk.roc_test(births["low"], {"weight": -births["lwt"], "age": -births["age"]})
    >>> found.areas.round(3).tolist(), round(found.p_value, 2)
    ([0.613, 0.553], 0.3)
    """
    asked = CompareAsked(
        method, contrasts, (0.0, 1.0) if fpr is None else rates_between("fpr", fpr), level, n, require_seed(seed)
    )
    if len(scores) == 1 and isinstance(scores[0], Mapping):
        names, scores = tuple(map(str, scores[0])), tuple(scores[0].values())
    if other_y is None:
        samples = [scored_arrays(y, scores, names, weights, cluster)]
    else:
        if len(scores) != 2 or weights is not None or cluster is not None:
            raise DataError(
                "other_y goes with two scores, of the rows of y and of its own, without weights or clusters."
            )
        first, second = ("score 1", "score 2") if names is None or len(names) != 2 else names
        samples = [scored_arrays(y, scores[:1], [first]), scored_arrays(other_y, scores[1:], [second])]
    return as_result(RocTestResult, compared(samples, asked))
