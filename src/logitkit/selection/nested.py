r"""Nested cross-validation: the score of the whole procedure, including the choice of the strength.

Each fold is predicted by a model whose strength was chosen without it: by cross-validation over the other folds of the
same partition, so that groups stay together and times in order. The score at the chosen strength of the plain
cross-validation is too good, because that strength was chosen by it.

References
----------
Varma, S. and Simon, R. (2006) Bias in error estimation when using cross-validation for model selection. BMC
Bioinformatics 7, 91. Cawley, G. C. and Talbot, N. L. C. (2010) JMLR 11, 2079-2107.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from logitkit.engine.regularised.model import PathModel
from logitkit.engine.regularised.options import ProxNewton
from logitkit.errors import DataError, LogitkitError, UnsupportedError
from logitkit.options import require_choice
from logitkit.selection.cross_validation import CrossValidation, cross_validate_path, rows_of_design
from logitkit.selection.fold_threads import COPIES, each_fold
from logitkit.selection.rules import score_curve
from logitkit.selection.splits import Splits, checked_splits
from logitkit.typing import FloatArray, IntArray

__all__ = ["NestedScores", "nested_scores"]


@dataclass(frozen=True)
class NestedScores:
    """Nested cross-validation scores: the strength for each fold is chosen without it.

    Parameters
    ----------
    splits : (s,) int array
        Numbers of the folds in the cross-validation.
    strengths : (s,) array
        Strength chosen without each fold.
    scores : (s,) array
        Score of each fold.
    mean, std_error : float
        Mean score and its standard error, as in a cross-validation at one strength.
    rule : str
        Rule for the choice: ``"best"`` or ``"one_se"``.
    measure : str
        Measure of predictive performance.
    folds : str
        Description of the folds.
    first_given : bool
        As in ``CrossValidation``.
    learnt : tuple of str
        As in ``CrossValidation``.

    Examples
    --------
    >>> import logitkit as lk
    >>> cv = lk.cross_validate("low ~ age + lwt + smoke", lk.datasets.load_lbw(), folds=4, n_strengths=5)
    >>> cv.nested().strengths.size
    4
    """

    splits: IntArray
    strengths: FloatArray
    scores: FloatArray
    mean: float
    std_error: float
    rule: str
    measure: str
    folds: str
    first_given: bool = False
    learnt: tuple[str, ...] = ()


class _Chosen(NamedTuple):
    """A split, the strength that was chosen without it, its score and its weight."""

    split: int
    strength: float
    score: float
    weight: float


def nested_scores(given: PathModel, found: CrossValidation, options: ProxNewton, rule: str = "best") -> NestedScores:
    """Choose the strength without each fold, and score the fold.

    Parameters
    ----------
    given : PathModel
        The problem with all rows.
    found : CrossValidation
        Cross-validation of the problem.
    options : ProxNewton
        Options of the solver.
    rule : {'best', 'one_se'}
        Rule for the choice of a strength.

    Returns
    -------
    NestedScores
        Scores of the folds for which at least two other folds are available for the choice; with periods of time, all
        except the first two.

    Raises
    ------
    DataError, UnsupportedError
        If the rule is unknown, or folds overlap or are too few.

    Examples
    --------
    With a single strength, the scores are those of the cross-validation:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> cv = lk.cross_validate("low ~ age + lwt + smoke", births, folds=4, strengths=[0.01])
    >>> bool(abs(cv.nested().scores - cv.record.scores[:, 0]).max() < 1e-6)
    True
    """
    require_choice("rule", rule, ("best", "one_se"))
    if found.folds.overlapping:
        raise UnsupportedError("Overlapping folds cannot be nested: give folds in which each row is held out once.")

    def chosen_without(split: int) -> _Chosen | None:
        train, test = found.folds.train(split), found.folds.test(split)
        inner = _without(found.folds, split, train)
        if inner is None:
            return None
        try:
            part = given.of_rows(rows_of_design(given.design, train))
            inner = checked_splits(inner, part.design.response)
            chosen = cross_validate_path(part, found.path.strengths, inner, found.measure, options, stops=False)
        except LogitkitError as error:
            raise type(error)(f"Without fold {split} (from 0): {error}") from error
        place = chosen.best if rule == "best" else chosen.one_se
        held, response = given.design.matrix.take(test), given.design.response.take(test)
        path = chosen.path
        eta = given.predictors(held, path.coef[place : place + 1], response.offset)
        score = float(found.measure.score(eta, response)[0])
        return _Chosen(split, float(path.strengths[place]), score, response.total)

    every = each_fold(chosen_without, found.folds.n_splits, given.design.matrix, copies=2 * COPIES)
    splits = [chosen for chosen in every if chosen is not None]
    if not splits:
        raise DataError(
            "No fold leaves two others from which to choose the strength: use at least 3 folds, or 4 periods."
        )
    numbers, scores = np.array([one.split for one in splits]), np.array([one.score for one in splits])
    weights = np.array([one.weight for one in splits])
    curve = score_curve(scores[:, None], weights, found.folds.repeats[numbers])
    return NestedScores(
        numbers,
        np.array([one.strength for one in splits]),
        scores,
        float(curve.mean[0]),
        float(curve.std_error[0]),
        rule,
        found.measure.label,
        found.folds.words,
        found.first_given,
        found.learnt,
    )


def _without(folds: Splits, split: int, train: IntArray) -> Splits | None:
    """Return the other folds of a split's partition, over the rows that it is trained on; None if there are not two."""
    layer = int(folds.repeats[split])
    first = int(np.searchsorted(folds.repeats, layer))
    own = folds.codes[layer][train]
    labels = np.unique(own[(own >= 0) & (own != split - first)])
    if labels.size < 2:
        return None
    codes = np.full(own.size, -1, dtype=np.int32)
    for number, label in enumerate(labels):
        codes[own == label] = number
    training = None
    if folds.training is not None:
        training = np.array([np.isin(train, folds.train(first + int(label))) for label in labels])
    return Splits(codes[None, :], f"{folds.words}, less one", training)
