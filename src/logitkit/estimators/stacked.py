"""``StackedClassifier``: several classifiers combined into one, with weights learnt from held-out rows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping
from sklearn.utils.validation import _num_samples

from logitkit.errors import DataError
from logitkit.estimators.ensemble import Ensemble
from logitkit.estimators.members import fitted_member, log_probabilities, named_members, some_rows
from logitkit.estimators.outcomes import Classes
from logitkit.estimators.splits import pairs_of
from logitkit.logits.pools.fitting import log_pool, pool_of_likelihoods
from logitkit.options import require_choice
from logitkit.results.logits.pools import Pool
from logitkit.typing import FloatArray, IntArray

__all__ = ["StackedClassifier"]

#: Probabilities below this count as it where logits are added up: a probability of zero has no logit.
FLOOR = 1e-6


class StackedClassifier(Ensemble):
    """Several classifiers combined into one, with weights learnt from predictions of held-out rows.

    Each member is fitted without each fold in turn, and predicts that fold. The weights, which are not negative,
    maximise the likelihood of the outcomes under these predictions. Then each member is fitted to all rows.

    Parameters
    ----------
    members : mapping or sequence
        Classifiers with ``predict_proba``, or right sides of formulas (X is then a frame), by name or in order.
    pool : {'linear', 'log'}, default 'linear'
        Whether probabilities are averaged or logits are added, as in ``lk.logits.linear_pool`` and
        ``lk.logits.log_pool``.
    cv : int, splitter, pairs or lk.Folds, default 5
        Folds; a number gives folds stratified by class, without shuffling. To keep groups together, use
        ``GroupKFold(5)`` with ``groups`` in ``fit``, or ``lk.Folds(5, groups="hospital")`` with a frame.
    sum_to_one : bool, default False
        With ``pool='log'``: whether the weights sum to one, as they do in a linear pool.

    Attributes
    ----------
    classes_ : (K,) array
        The labels, sorted.
    pool_ : Pool
        The weights with standard errors and ``interval()``, and the scores of the pool and the members on held-out
        rows.
    members_ : dict
        The members by name, fitted to all rows.
    n_features_in_, feature_names_in_ : object
        Number of columns of X, and their names if X has names.

    Notes
    -----
    Standard errors of the weights treat the predictions of held-out rows as given, and ignore that the fits for
    different folds share rows. The score of the pool is slightly optimistic, as its weights were learnt from the same
    rows. With ``pool='log'``, probabilities below 1e-6 count as 1e-6, since the logit of zero is not finite.

    References
    ----------
    Wolpert, D. H. (1992) Stacked generalization. Neural Networks 5, 241-259. Breiman, L. (1996) Stacked regressions.
    Machine Learning 24, 49-64.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> model = StackedClassifier({"small": "lwt", "large": "age + lwt + C(race) + smoke"}).fit(births, births["low"])
    >>> bool(model.pool_.weights.sum() > 0.999), model.predict_proba(births).shape
    (True, (189, 2))
    """

    def __init__(self, members: Any = (), pool: str = "linear", cv: Any = 5, sum_to_one: bool = False) -> None:
        self.members = members
        self.pool = pool
        self.cv = cv
        self.sum_to_one = sum_to_one

    # Groups go to the splitter, which says itself whether it asks for them; the estimator has no use for them.
    __metadata_request__fit = {"groups": UNUSED}  # noqa: RUF012 - scikit-learn's way to say it

    def get_metadata_routing(self) -> Any:
        """Return the metadata routing: the splitter receives the metadata of ``fit`` that it requests.

        Returns
        -------
        MetadataRouter
            The router of scikit-learn.
        """
        to_splitter = MethodMapping().add(caller="fit", callee="split")
        return MetadataRouter(owner=self).add_self_request(self).add(splitter=self.cv, method_mapping=to_splitter)

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Learn the weights and fit the members.

        Parameters
        ----------
        X : array, frame or sparse matrix
            n rows, as the members take them.
        y : (n,) array-like
            Class labels.
        sample_weight : (n,) array-like, optional
            Weights of the rows, for the members and for the weights of the pool.
        groups : (n,) array-like, optional
            The group of each row, for a splitter that keeps groups together, such as ``cv=GroupKFold(5)``. With
            metadata routing in scikit-learn, a pipeline or a search passes them on, because the splitter requests them.

        Returns
        -------
        Self
            The estimator itself.

        Raises
        ------
        DataError
            If folds hold a row out twice or ignore the groups, or if a member has no probabilities for a row.
        """
        require_choice("pool", self.pool, ("linear", "log"))
        stated = named_members(self.members)
        X, target, weights = self._begun(X, y, sample_weight)
        labels, n_classes = target.labels, target.classes.size
        logs = np.full((len(stated), _num_samples(X), n_classes), np.nan)
        for train, test in self._splits(X, target, groups):
            some, held, own = some_rows(X, train), some_rows(X, test), None if weights is None else weights[train]
            for j, one in enumerate(stated.values()):
                member = fitted_member(one, n_classes, some, labels[train], own)
                logs[j, test] = log_probabilities(member, held, target.classes)
        rows = np.flatnonzero(~np.isnan(logs[0, :, 0]))
        counts = np.ones(rows.size) if weights is None else weights[rows]
        self.classes_ = target.classes
        self.pool_ = self._learnt(tuple(stated), logs[:, rows], target.codes[rows], counts)
        self.members_ = {name: fitted_member(one, n_classes, X, labels, weights) for name, one in stated.items()}
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the probability of each class.

        Parameters
        ----------
        X : array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n, K) array
            Columns are in the order of ``classes_``.
        """
        X = self._asked(X)
        logs = np.stack([log_probabilities(member, X, self.classes_) for member in self.members_.values()])
        return self._pooled(self.pool_, logs)

    def _stated(self) -> list[Any]:
        """Return the members as they were stated."""
        try:
            return list(named_members(self.members).values())
        except DataError:
            return []

    def _splits(self, X: Any, target: Classes, groups: Any) -> list[tuple[IntArray, IntArray]]:
        """Return rows to fit and rows to predict, no row of which is predicted twice."""
        pairs = pairs_of(self, X, target, groups)
        held = np.zeros(target.codes.size, dtype=np.int64)
        for _, test in pairs:
            held[test] += 1
        if held.max() > 1:
            raise DataError(
                f"cv={self.cv!r:.60} holds row {int(np.argmax(held))} (from 0) out {held.max()} times: give folds that "
                "hold each row out once."
            )
        return pairs

    def _learnt(self, names: tuple[str, ...], logs: FloatArray, codes: IntArray, counts: FloatArray) -> Pool:
        """Return the pool of predictions of rows held out, with its scores."""
        found = logs[:, np.arange(codes.size), codes].T
        if self.pool == "linear":
            pool = Pool(**vars(pool_of_likelihoods(names, found, counts)))
        else:
            floored = dict(zip(names, self._logits(logs), strict=True))
            pool = Pool(**vars(log_pool(floored, codes, counts, sum_to_one=self.sum_to_one)))
        p = self._pooled(pool, logs)
        happened = np.eye(logs.shape[2])[codes]
        squares = [_mean(((one - happened) ** 2).sum(axis=1), counts) for one in (p, *np.exp(logs))]
        halved = np.array(squares) / (2.0 if logs.shape[2] == 2 else 1.0)
        with np.errstate(divide="ignore"):
            own = _mean(-np.log(p[np.arange(codes.size), codes]), counts)
        each = np.array([_mean(-found[:, j], counts) for j in range(len(names))])
        scores = {"log_loss": own, "brier": float(halved[0]), "member_log_loss": each, "member_brier": halved[1:]}
        return Pool(**vars(pool) | scores)

    def _pooled(self, pool: Pool, logs: FloatArray) -> FloatArray:
        """Return the probabilities of a pool, of logs of those of its members."""
        if self.pool == "linear":
            return np.asarray(np.tensordot(pool.weights, np.exp(logs), 1))
        p = pool.transform_probabilities(self._logits(logs))
        return p if p.ndim == 2 else np.column_stack([1.0 - p, p])

    def _logits(self, logs: FloatArray) -> list[FloatArray]:
        """Return the logits of members, of an event where there are two classes."""
        floored = np.maximum(logs, np.log(FLOOR))
        return list(floored[:, :, 1] - floored[:, :, 0]) if logs.shape[2] == 2 else list(floored)


def _mean(values: FloatArray, counts: FloatArray) -> float:
    """Return a weighted mean of rows that count."""
    used = counts > 0.0
    return float(counts[used] @ values[used] / counts.sum())
