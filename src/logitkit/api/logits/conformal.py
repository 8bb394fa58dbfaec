"""The public function that makes conformal prediction sets."""

from __future__ import annotations

from typing import Any

from logitkit.logits.conformal_sets.calibrating import calibrate
from logitkit.results.foreign import in_our_words
from logitkit.results.logits.prediction_sets import ConformalSets, held_sets

__all__ = ["conformal"]


@in_our_words
def conformal(
    logits: Any,
    y: Any,
    level: float = 0.9,
    method: str = "split",
    seed: int = 0,
    *,
    tuning: float = 0.2,
    constants: tuple[float, int] | None = None,
    randomised: bool = True,
    weights: Any = None,
) -> ConformalSets:
    r"""Make sets of outcomes that hold the true one with at least a stated probability, whatever the model.

    Rows that the model was not fitted to give a threshold; an outcome is in the set of a new row if it conforms at
    least as well. If these rows and the new one are exchangeable, the set holds the outcome with at least this
    probability: over all such samples and rows together (marginally), not for each row, and for each outcome only with
    ``'class'``.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or logits of K outcomes, of rows that the model was not fitted to.
    y : (n,) array-like
        Their outcomes, from 0 to K - 1; 0 or 1 of an event.
    level : float, default 0.9
        Coverage that is guaranteed.
    method : {'split', 'class', 'aps', 'raps'}, default 'split'
        How outcomes enter: those with at least some probability (``'split'``, the smallest sets on average), or one
        that depends on the outcome (``'class'``: coverage of each outcome); the most probable ones until their sum is
        reached (``'aps'``: sizes follow the difficulty of a row), with a penalty per rank (``'raps'``: fewer large
        sets).
    seed : int, default 0
        Of the draws of ``'aps'`` and ``'raps'``, which are by the place of a row.
    tuning : float, default 0.2
        With ``'raps'``, the proportion of the rows on which its two constants are chosen. They are drawn by the seed
        and take no part in the threshold.
    constants : (float, int), optional
        The constants of ``'raps'`` if they are known: the penalty per rank, and the ranks without it. All rows are then
        rows of the threshold.
    randomised : bool, default True
        Whether the outcome at the edge of an ``'aps'`` or ``'raps'`` set is in it by a draw, so that coverage is close
        to the level; without it is larger.
    weights : (n,) array-like, optional
        How much more often rows like these occur among the new ones, up to a factor (covariate shift); new rows need
        theirs on the same scale. Or how many equal rows each stands for; then new rows have weight 1.

    Returns
    -------
    ConformalSets
        With ``sets(logits)``, ``threshold``, ``coverage(logits, y)``, ``coverage_law()`` and ``to_dict()``.

    Raises
    ------
    DataError
        If logits are not finite or outcomes out of range, or if there are so few rows that the threshold would be
        infinite: fewer than level / (1 - level), of each outcome with ``'class'``.
    UnsupportedError
        If constants are given with another method than ``'raps'``.

    Notes
    -----
    The threshold is the k-th best conformity of n rows, :math:`k = \lceil (n + 1) \cdot level \rceil`
    (``docs/maths/conformal.md``, equations 1 to 8, 14 and 15). Outcomes of a row with equal logits enter together.
    Probabilities are best calibrated before, on other rows: that changes the sizes of sets and not their coverage.

    With weights the sets hold the outcome of a row from the new distribution with at least this probability, if the
    weights are right and the probabilities of outcomes given the row have not changed. Weights that were estimated make
    it approximate. A new row whose weight is large beside the sum of the others gets every outcome. The constants of
    ``'raps'`` are chosen without weights, which touches sizes only.

    References
    ----------
    Vovk, V., Gammerman, A. and Shafer, G. (2005) Algorithmic learning in a random world. Sadinle, M., Lei, J. and
    Wasserman, L. (2019) Least ambiguous set-valued classifiers with bounded error levels. JASA 114, 223-234. Romano,
    Y., Sesia, M. and Candès, E. (2020) Classification with valid and adaptive coverage. NeurIPS. Angelopoulos, A.,
    Bates, S., Malik, J. and Jordan, M. (2021) Uncertainty sets for image classifiers using conformal prediction. ICLR.
    Tibshirani, R. J., Barber, R. F., Candès, E. J. and Ramdas, A. (2019) Conformal prediction under covariate shift.
    NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> rng = np.random.default_rng(1)
    >>> z = rng.normal(0.0, 2.0, (1000, 4))
    >>> y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    >>> found = lk.logits.conformal(z[:500], y[:500], level=0.9)
    >>> found.sets(z[500:]).shape, found.coverage(z[500:], y[500:]).coverage > 0.85
    ((500, 4), True)
    """
    choices: dict[str, Any] = {"tuning": tuning, "constants": constants, "randomised": randomised, "weights": weights}
    return held_sets(calibrate(logits, y, level, method, seed, **choices))
