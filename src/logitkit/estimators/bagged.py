r"""``BaggedClassifier``: the mean of a classifier over samples drawn from the sample, judged by rows that they lack.

A sample of n rows with replacement lacks a row with probability :math:`(1 - 1/n)^n`, about 0.37: each row is predicted
by the fits that did not see it. A logit without a penalty is fitted to all samples by the solver of ``fit.bootstrap``,
and its copies are kept as rows of coefficients; any other classifier is fitted one sample after another.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import _num_samples, check_consistent_length, check_is_fitted, column_or_1d

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.bias.estimate import fit_again
from logitkit.errors import DataError
from logitkit.estimators.finite import finite_coef
from logitkit.estimators.logit import LogitClassifier
from logitkit.estimators.members import fitted_member, log_probabilities, member_of, some_rows
from logitkit.estimators.outcomes import Classes, classes_of
from logitkit.estimators.weights import row_weights
from logitkit.inference.resampling.drawing import Generators, unit_counts
from logitkit.inference.resampling.resampling import bootstrap, drawn_weights
from logitkit.options import is_count
from logitkit.typing import FloatArray, IntArray

__all__ = ["BaggedClassifier"]

CELLS = 1 << 21  # probabilities that are made at a time
DRAWS_MOST = 1_000  # of one sample, until all classes are in it


class BaggedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """The mean of the probabilities of a classifier that is fitted to many samples drawn from the sample.

    Parameters
    ----------
    member : classifier or str
        With ``predict_proba``; or the right side of a formula, for which X is a frame.
    n_samples : int, default 200
        Samples that are drawn, each with replacement and of as many rows as there are.
    seed : int or None, default 0
        The same seed draws the same samples on every machine.

    Attributes
    ----------
    classes_ : (K,) array
        The labels in order.
    oob_proba_ : (n, K) array
        Mean probabilities of each row over the fits that did not see it; nan where there is none.
    oob_counts_ : (n,) int array
        How many fits did not see each row.
    oob_scores_ : dict
        ``'log_loss'``, ``'brier'`` (of two classes that of the event) and ``'error'``, the rate of wrong labels, of
        these probabilities: an honest score without a sample held out.
    bag_ : object
        What was fitted to the samples.

    Notes
    -----
    A mean over fits is steadier than one of them where fits differ much from sample to sample, as those of trees do.
    Those of a logit with many events per coefficient differ little, and their mean is near the fit itself.
    Samples without a row of some class are drawn again, except by a ``LogitClassifier``, whose fit is then that class.

    References
    ----------
    Breiman, L. (1996) Bagging predictors. Machine Learning 24, 123-140. Breiman, L. (1996) Out-of-bag estimation.
    Technical report, University of California, Berkeley.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> model = BaggedClassifier("age + lwt + smoke", n_samples=50).fit(births, births["low"])
    >>> model.predict_proba(births).shape, 0.5 < model.oob_scores_["log_loss"] < 0.7
    ((189, 2), True)
    """

    def __init__(self, member: Any = None, n_samples: int = 200, seed: int | None = 0) -> None:
        self.member = member
        self.n_samples = n_samples
        self.seed = seed

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Draw samples, fit the member to each, and predict the rows that each lacks.

        Parameters
        ----------
        X : array, frame or sparse matrix
            n rows, as the member takes them.
        y : (n,) array-like
            Labels of the classes.
        sample_weight : (n,) array-like, optional
            Weights that rows keep in the samples; rows are drawn alike.

        Returns
        -------
        Self
            The estimator itself.

        Raises
        ------
        DataError
            If the member is no classifier, or samples without some class cannot be avoided.
        """
        if not is_count(self.n_samples):
            raise DataError(f"n_samples={self.n_samples!r:.60}: give a whole number of at least 1.")
        stated = LogitClassifier() if self.member is None else self.member
        if not isinstance(stated, str) and not (hasattr(stated, "fit") and hasattr(stated, "predict_proba")):
            raise DataError(f"member={stated!r:.60}: give a classifier with predict_proba, or a formula.")
        check_consistent_length(X, y)
        target = classes_of(column_or_1d(y, warn=True), type(self).__name__, several=True)
        weights = row_weights(target, sample_weight, None)
        sums = _OutOfBag(np.zeros((_num_samples(X), target.classes.size)), np.zeros(_num_samples(X), dtype=np.int64))
        first = member_of(stated, target.classes.size)
        whole = first.fit(X, y, sample_weight=weights) if _may_be_many(first, target) else None
        if whole is not None and not whole.fit_.record.is_separated:
            self.bag_: _Bag = _logits(whole, int(self.n_samples), self.seed, sums)
        else:
            self.bag_ = _one_by_one(stated, X, target, weights, Generators(self.seed), int(self.n_samples), sums)
        self.classes_, self.oob_counts_ = target.classes, sums.counts
        with np.errstate(invalid="ignore"):
            self.oob_proba_ = sums.total / np.where(sums.counts > 0, sums.counts, np.nan)[:, None]
        self.oob_scores_ = _scores(self.oob_proba_, target.codes, weights)
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the mean probability of each class.

        Parameters
        ----------
        X : array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n, K) array
            In the order of ``classes_``; nan for a row that a formula cannot code.
        """
        check_is_fitted(self)
        return self.bag_.probabilities(X, self.classes_)

    def predict(self, X: Any) -> Any:
        """Return the label with the largest mean probability of each row.

        Parameters
        ----------
        X : array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n,) array
            Of ``classes_``.

        Raises
        ------
        DataError
            If there is no probability of a row.
        """
        p = self.predict_proba(X)
        if np.isnan(p).any():
            row = int(np.argmax(np.isnan(p).any(axis=1)))
            raise DataError(f"Row {row} (from 0) cannot be coded, and has no label: a value is missing.")
        return self.classes_[p.argmax(axis=1)]


class _Bag(Protocol):
    """What was fitted to samples."""

    def probabilities(self, X: Any, classes: Any) -> FloatArray:
        """Return mean probabilities, (n, K)."""


@dataclass(frozen=True)
class _OutOfBag:
    """Sums of probabilities of rows by fits that did not see them."""

    total: FloatArray
    counts: IntArray

    def add(self, rows: IntArray, p: FloatArray) -> None:
        """Add the probabilities of rows by one fit."""
        self.total[rows] += p
        self.counts[rows] += 1


@dataclass(frozen=True)
class _Members:
    """Classifiers, one a sample."""

    members: tuple[Any, ...]

    def probabilities(self, X: Any, classes: Any) -> FloatArray:
        """Return mean probabilities."""
        total: FloatArray = np.zeros((_num_samples(X), len(classes)))
        for member in self.members:
            total += np.exp(log_probabilities(member, X, classes))
        return total / len(self.members)


@dataclass(frozen=True)
class _Logits:
    """A logit whose coefficients are one row a sample."""

    logits: Any

    def probabilities(self, X: Any, classes: Any) -> FloatArray:
        """Return mean probabilities, some rows at a time."""
        n = _num_samples(X)
        at_once = max(CELLS // len(self.logits.coef_), 1)
        event = np.empty(n)
        for start in range(0, n, at_once):
            rows = np.arange(start, min(start + at_once, n))
            event[rows] = expit(self._of(some_rows(X, rows) if rows.size < n else X)).mean(axis=1)
        del classes
        return np.column_stack([1.0 - event, event])

    def _of(self, X: Any) -> FloatArray:
        """Return the logits of rows by each sample, (n, B)."""
        return np.asarray(self.logits.decision_function(X)).reshape(_num_samples(X), -1)


def _may_be_many(member: Any, target: Classes) -> bool:
    """Return whether samples can be fitted side by side: a logit without a penalty or weights by class."""
    stated = ("penalty", "strength", "C", "class_weight")
    return (
        type(member) is LogitClassifier
        and target.classes.size == 2
        and all(getattr(member, name) is None for name in stated)
    )


def _logits(whole: LogitClassifier, n: int, seed: int | None, sums: _OutOfBag) -> _Logits:
    """Return the logits of n samples by the solver of many fits, and sum what they say of rows that they lack."""
    record, design = whole.fit_.record, whole.fit_.design
    assert design is not None
    found = bootstrap(record, design, n, seed=seed, kind="rows")
    drawn, used = drawn_weights(design, "rows", found.seed), design.response.weights > 0.0
    coef = np.nan_to_num(found.replicates, posinf=0.0, neginf=0.0)
    special = found.refits.separated | found.refits.aliased | found.refits.unconverged
    for number in range(n):
        prior = drawn(number)
        if special[number]:
            sample = replace(design, response=replace(design.response, prior=prior, weight_kind="precision"))
            coef[number] = finite_coef(fit_again(record, sample), sample)
        rows = np.flatnonzero(used & (prior == 0.0))
        event = expit(design.matrix.matvec(coef[number])[rows])
        sums.add(design.positions[rows], np.column_stack([1.0 - event, event]))
    bag, names = copy(whole), record.info.names
    place = names.index(INTERCEPT) if INTERCEPT in names else None
    bag.coef_ = coef if place is None else np.delete(coef, place, axis=1)
    bag.intercept_ = np.zeros(n) if place is None else coef[:, place].copy()
    return _Logits(bag)


def _one_by_one(
    stated: Any, X: Any, target: Classes, weights: FloatArray | None, generators: Generators, n: int, sums: _OutOfBag
) -> _Members:
    """Return members that are fitted to n samples, and sum what they say of rows that they lack."""
    n_classes = target.classes.size
    used = np.arange(target.codes.size) if weights is None else np.flatnonzero(weights > 0.0)
    draw, members = unit_counts(np.ones(used.size)), []
    for number in range(n):
        counts = _counts_with_all(draw, generators.of(number), target.codes[used], n_classes)
        rows = np.repeat(used, counts)
        own = None if weights is None else weights[rows]
        member = fitted_member(stated, n_classes, some_rows(X, rows), target.labels[rows], own)
        out = used[counts == 0]
        if out.size:
            sums.add(out, np.exp(log_probabilities(member, some_rows(X, out), target.classes)))
        members.append(member)
    return _Members(tuple(members))


def _counts_with_all(
    draw: Callable[[np.random.Generator], Any], generator: np.random.Generator, codes: IntArray, n_classes: int
) -> IntArray:
    """Return how often each row occurs in a sample that has rows of all classes."""
    for _ in range(DRAWS_MOST):
        counts = np.asarray(draw(generator), dtype=np.int64)
        if np.bincount(codes[counts > 0], minlength=n_classes).all():
            return counts
    raise DataError("Samples of these rows lack a class nearly always: it has too few rows to be bagged.")


def _scores(p: FloatArray, codes: IntArray, weights: FloatArray | None) -> dict[str, float]:
    """Return scores of the rows that some fit did not see."""
    counts = np.where(np.isnan(p[:, 0]), 0.0, 1.0 if weights is None else weights)
    rows = np.flatnonzero(counts > 0.0)
    if not rows.size:
        return dict.fromkeys(("log_loss", "brier", "error"), float("nan"))
    p, codes, share = p[rows], codes[rows], counts[rows] / counts.sum()
    squares = ((p - np.eye(p.shape[1])[codes]) ** 2).sum(axis=1) / (2.0 if p.shape[1] == 2 else 1.0)
    with np.errstate(divide="ignore"):
        loss = -np.log(p[np.arange(rows.size), codes])
    wrong = p.argmax(axis=1) != codes
    return {"log_loss": float(share @ loss), "brier": float(share @ squares), "error": float(share @ wrong)}
