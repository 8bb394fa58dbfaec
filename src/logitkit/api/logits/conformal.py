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
    r"""Make sets of outcomes that contain the true one with at least a given probability, whatever the model.

    A threshold of conformity is computed from rows that the model was not fitted to. The set of a new row contains the
    outcomes that reach it. If these rows and the new one are exchangeable, the set contains the true outcome with at
    least this probability. The guarantee is marginal, over all such samples and new rows; it does not hold for each
    row, and it holds for each outcome only with ``'class'``.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or logits of K outcomes, of rows that the model was not fitted to.
    y : (n,) array-like
        Outcomes of these rows, from 0 to K - 1; for an event, 0 or 1.
    level : float, default 0.9
        The guaranteed coverage.
    method : {'split', 'class', 'aps', 'raps'}, default 'split'
        Which outcomes are in a set. ``'split'``: those whose probability reaches a threshold (the smallest sets on
        average). ``'class'``: the same with one threshold per outcome (coverage of each outcome). ``'aps'``: the most
        probable ones until their sum reaches a threshold (larger sets for difficult rows). ``'raps'``: the same with a
        penalty per rank (fewer large sets).
    seed : int, default 0
        Seed of the random draws of ``'aps'`` and ``'raps'``. The draw for a row depends on its position.
    tuning : float, default 0.2
        With ``'raps'``, the proportion of the rows on which its two constants are chosen. These rows are drawn at
        random and are not used for the threshold.
    constants : (float, int), optional
        The constants of ``'raps'``, if known: the penalty per rank, and the number of ranks without a penalty. All rows
        are then used for the threshold.
    randomised : bool, default True
        Whether the outcome at the edge of an ``'aps'`` or ``'raps'`` set is included at random, so that coverage is
        close to the level. Otherwise coverage is higher.
    weights : (n,) array-like, optional
        For covariate shift: how much more often rows like each of these occur among the new ones, up to a constant
        factor; new rows then need weights on the same scale. Or counts of equal rows; new rows then have weight 1.

    Returns
    -------
    ConformalSets
        With ``sets(logits)``, ``threshold``, ``coverage(logits, y)``, ``coverage_law()`` and ``to_dict()``.

    Raises
    ------
    DataError
        If logits are not finite or outcomes are out of range, or if the threshold would be infinite because there are
        fewer than level / (1 - level) rows (with ``'class'``, of any outcome).
    UnsupportedError
        If constants are given with another method than ``'raps'``.

    Notes
    -----
    The threshold is the k-th best conformity score of n rows, :math:`k = \lceil (n + 1) \cdot level \rceil`
    (``docs/maths/conformal.md``, equations 1 to 8, 14 and 15). Outcomes of a row with equal logits enter together. It
    is best to calibrate probabilities first, on other rows: this changes the sizes of the sets but not their coverage.

    With weights for covariate shift, the guarantee is for rows from the new distribution. It requires that the weights
    are correct and that the probabilities of outcomes given the row have not changed; with estimated weights it is
    approximate. The set of a new row whose weight is large relative to the sum of the others contains every outcome.
    The constants of ``'raps'`` are chosen without weights, which affects only the sizes of sets.

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
