r"""``BaggedClassifier``: the mean of a classifier over bootstrap samples, assessed on the rows that each sample lacks.

A sample of n rows drawn with replacement lacks a given row with probability :math:`(1 - 1/n)^n`, about 0.37; each row
is predicted by the fits that did not use it. A logit without a penalty is fitted to all samples by the solver of
``fit.bootstrap``, and its fits are stored as rows of coefficients; any other classifier is fitted sample by sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, Self

import numpy as np
from scipy.special import expit
from sklearn.utils.validation import _num_samples

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.response.response import Clusters
from logitkit.design.table.frame import codes_of
from logitkit.engine.bias.estimate import fit_again
from logitkit.errors import DataError
from logitkit.estimators.ensemble import Ensemble
from logitkit.estimators.finite import finite_coef
from logitkit.estimators.logit import LogitClassifier
from logitkit.estimators.members import fitted_member, log_probabilities, member_of, some_rows
from logitkit.estimators.multinomial import MultinomialClassifier
from logitkit.estimators.outcomes import Classes
from logitkit.estimators.splits import group_of_each
from logitkit.inference.resampling.drawing import Generators, unit_counts
from logitkit.inference.resampling.resampling import bootstrap, drawn_weights
from logitkit.options import is_count
from logitkit.typing import FloatArray, IntArray

__all__ = ["BaggedClassifier"]

CELLS = 1 << 21  # probabilities that are made at a time
DRAWS_MOST = 1_000  # of one sample, until all classes are in it


class BaggedClassifier(Ensemble):
    """The mean of the probabilities of a classifier over fits to many bootstrap samples.

    Parameters
    ----------
    member : classifier or str, optional
        A classifier with ``predict_proba``, or the right side of a formula, for which X is a frame. The default is a
        logit, or a multinomial logit for more than two classes.
    n_samples : int, default 200
        Number of samples, each drawn with replacement and with as many rows as the data.
    seed : int or None, default 0
        The same seed draws the same samples on every machine.

    Attributes
    ----------
    classes_ : (K,) array
        The labels, sorted.
    oob_proba_ : (n, K) array
        Mean probabilities of each row over the fits that did not use it; nan if there are none.
    oob_counts_ : (n,) int array
        Number of fits that did not use each row.
    oob_scores_ : dict
        ``'log_loss'``, ``'brier'`` (with two classes that of the event) and ``'error'``, the rate of wrong labels, of
        these probabilities. They estimate the scores on new rows without a held-out sample.
    bag_ : object
        The fits to the samples.
    n_features_in_, feature_names_in_ : object
        Number of columns of X, and their names if X has names.

    Notes
    -----
    A mean over fits has less variance than one fit if fits differ much from sample to sample, as trees do. The fits of
    a logit with many events per coefficient differ little, and their mean is close to the fit to all rows. A sample
    without rows of some class is drawn again. With a ``LogitClassifier`` without penalty and ``class_weight`` it is
    kept, and its fit predicts the class that is there.

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

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Draw samples, fit the classifier to each, and predict the rows that each sample lacks.

        Parameters
        ----------
        X : array, frame or sparse matrix
            n rows, as the classifier takes them.
        y : (n,) array-like
            Class labels.
        sample_weight : (n,) array-like, optional
            Weights of the rows in the fits; they do not affect how rows are drawn.
        groups : (n,) array-like, optional
            The group of each row, such as a patient. Whole groups are drawn, as many as there are, and a row is out of
            bag if its group is.

        Returns
        -------
        Self
            The estimator itself.

        Raises
        ------
        DataError
            If the member is not a classifier, or if samples without some class cannot be avoided.
        """
        if not is_count(self.n_samples):
            raise DataError(f"n_samples={self.n_samples!r:.60}: give a whole number of at least 1.")
        X, target, weights = self._begun(X, y, sample_weight)
        stated = self._default(target.classes.size) if self.member is None else self.member
        if not isinstance(stated, str) and not (hasattr(stated, "fit") and hasattr(stated, "predict_proba")):
            raise DataError(f"member={stated!r:.60}: give a classifier with predict_proba, or a formula.")
        sums = _OutOfBag(np.zeros((_num_samples(X), target.classes.size)), np.zeros(_num_samples(X), dtype=np.int64))
        first = member_of(stated, target.classes.size)
        whole = first.fit(X, y, sample_weight=weights) if _may_be_many(first, target) else None
        units = None if groups is None else codes_of(group_of_each(groups, target.codes.size))[0]
        if whole is not None and not whole.fit_.record.is_separated:
            self.bag_: _Bag = _logits(whole, int(self.n_samples), self.seed, sums, units)
        else:
            rows = _Rows(X, target, weights, units)
            self.bag_ = _one_by_one(stated, rows, Generators(self.seed), int(self.n_samples), sums)
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
            Probabilities in the order of ``classes_``; nan for a row that the formula cannot code.
        """
        X = self._asked(X)
        return self.bag_.probabilities(X, self.classes_)

    def _stated(self) -> list[Any]:
        """Return the member as it was stated."""
        return [self._default(3) if self.member is None else self.member]

    @staticmethod
    def _default(n_classes: int) -> Any:
        """Return the member where none is stated."""
        return LogitClassifier() if n_classes == 2 else MultinomialClassifier()


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


def _logits(whole: LogitClassifier, n: int, seed: int | None, sums: _OutOfBag, units: IntArray | None) -> _Logits:
    """Return the logits of n samples by the solver of many fits, and sum what they say of rows that they lack."""
    record, design = whole.fit_.record, whole.fit_.design
    assert design is not None
    kind: Literal["rows", "cluster"] = "rows" if units is None else "cluster"
    if units is not None:
        codes = units[design.positions]
        clusters = Clusters(codes, int(codes.max()) + 1, "groups")
        design = replace(design, response=replace(design.response, clusters=clusters))
    found = bootstrap(record, design, n, seed=seed, kind=kind)
    drawn, used = drawn_weights(design, kind, found.seed), design.response.weights > 0.0
    coef = np.nan_to_num(found.replicates, posinf=0.0, neginf=0.0)
    special = found.refits.separated | found.refits.aliased | found.refits.unconverged
    for number in range(n):
        prior = drawn(number)
        if special[number]:
            sample = replace(
                design, response=replace(design.response, prior=prior, weight_kind="precision", clusters=None)
            )
            coef[number] = finite_coef(fit_again(record, sample), sample)
        rows = np.flatnonzero(used & (prior == 0.0))
        event = expit(design.matrix.matvec(coef[number])[rows])
        sums.add(design.positions[rows], np.column_stack([1.0 - event, event]))
    bag, names = copy(whole), record.info.names
    place = names.index(INTERCEPT) if INTERCEPT in names else None
    bag.coef_ = coef if place is None else np.delete(coef, place, axis=1)
    bag.intercept_ = np.zeros(n) if place is None else coef[:, place].copy()
    return _Logits(bag)


@dataclass(frozen=True)
class _Rows:
    """Rows that samples are drawn from, one by one or in groups."""

    X: Any
    target: Classes
    weights: FloatArray | None
    units: IntArray | None

    def sampled(self, generators: Generators, n: int) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield the rows that count, and how often each is in a sample, of each of n samples."""
        size, n_classes = self.target.codes.size, self.target.classes.size
        used = np.arange(size) if self.weights is None else np.flatnonzero(self.weights > 0.0)
        unit = np.arange(used.size) if self.units is None else np.unique(self.units[used], return_inverse=True)[1]
        n_units, codes = int(unit.max()) + 1, self.target.codes[used]
        if n_units < 2:
            raise DataError("There are fewer than two groups with rows of positive weight: nothing can be drawn.")
        draw = unit_counts(np.ones(n_units))
        for number in range(n):
            yield used, _counts_with_all(lambda one: draw(one)[unit], generators.of(number), codes, n_classes)


def _one_by_one(stated: Any, rows: _Rows, generators: Generators, n: int, sums: _OutOfBag) -> _Members:
    """Return members that are fitted to n samples, and sum what they say of rows that they lack."""
    target, members = rows.target, []
    for used, counts in rows.sampled(generators, n):
        drawn, out = np.repeat(used, counts), used[counts == 0]
        own = None if rows.weights is None else rows.weights[drawn]
        some = some_rows(rows.X, drawn)
        member = fitted_member(stated, target.classes.size, some, target.labels[drawn], own)
        if out.size:
            sums.add(out, np.exp(log_probabilities(member, some_rows(rows.X, out), target.classes)))
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
