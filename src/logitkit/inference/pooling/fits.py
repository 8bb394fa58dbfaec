"""The fits of imputed tables as one record, with the covariance of Rubin's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.constraints import parse_hypothesis
from logitkit.engine.curvature.vcov import DenseVcov
from logitkit.engine.facts import Covariance
from logitkit.engine.rank import identity_coordinates
from logitkit.engine.record import FitRecord
from logitkit.errors import ConvergenceError, DataError, SeparationError, UnsupportedError
from logitkit.inference.pooling.joint import PooledTest, estimates_test, likelihoods_test, stacked_test, statistics_test
from logitkit.inference.pooling.rubin import Pooled, RubinLaw, pooled_scalars
from logitkit.inference.pooling.stacked import StackedMaximum, stacked_maximum
from logitkit.inference.prediction import fitted_matrix
from logitkit.typing import FloatArray

__all__ = ["PooledRecords", "pooled_records"]


@dataclass(frozen=True, eq=False)
class PooledRecords:
    """Fits of one model to M imputed tables.

    Parameters
    ----------
    records : tuple of FitRecord
        The M fits.
    designs : tuple of Design or None
        Their rows.
    record : FitRecord
        The pooled fit, with mean coefficients, Rubin's covariance and degrees of freedom, and no likelihood.
    coefficients : Pooled
        The pooled coefficients, with the contribution of the imputations to their errors.
    dof_complete : float
        Degrees of freedom of the complete table.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fits = [lk.logit("low ~ age", births.iloc[rows : rows + 150]) for rows in (0, 20, 39)]
    >>> found = pooled_records([fit.record for fit in fits], [fit.design for fit in fits])
    >>> found.coefficients.n_imputations
    3
    """

    records: tuple[FitRecord, ...]
    designs: tuple[Design | None, ...]
    record: FitRecord
    coefficients: Pooled
    dof_complete: float

    def test(self, hypothesis: str) -> PooledTest:
        """Return the test D1 of linear hypotheses, or of the coefficients of a term.

        Parameters
        ----------
        hypothesis : str
            As for ``fit.test``.

        Returns
        -------
        PooledTest
            The test from the estimates.
        """
        one = self.record
        left, right, texts = parse_hypothesis(hypothesis, one.names, one.naming, one.term_places())
        return self.test_of_functions(left, right, texts)

    def test_of_functions(self, left: FloatArray, right: FloatArray, texts: tuple[str, ...]) -> PooledTest:
        """Return the test D1 of linear functions of the coefficients.

        Parameters
        ----------
        left : (k, p) array
            One row per function.
        right : (k,) array
            Their values under the hypothesis.
        texts : tuple of str
            The hypotheses, in words.

        Returns
        -------
        PooledTest
            The test from the estimates.
        """
        if np.linalg.matrix_rank(left) < len(left):
            raise UnsupportedError(f"The hypotheses {', '.join(texts)} depend on one another: leave out the others.")
        differences = np.array([left @ each.coef - right for each in self.records])
        covariances = np.array([left @ each.vcov @ left.T for each in self.records])
        return estimates_test(differences, covariances, self.dof_complete, texts)

    def against(self, smaller: PooledRecords, method: str) -> PooledTest:
        """Return the test D1, D2, D3 or D4 of the coefficients that a smaller model leaves out.

        Parameters
        ----------
        smaller : PooledRecords
            Fits to the same tables.
        method : {'D1', 'D2', 'D3', 'D4'}
            From the estimates; from the likelihood-ratio statistics of the tables; from the likelihoods, also at the
            pooled estimates; or from the likelihood of all tables stacked.

        Returns
        -------
        PooledTest
            Test of the coefficients that are in the larger model only.

        Raises
        ------
        DataError
            For other tables, or a model that is not smaller.
        """
        own, other = self.record, smaller.record
        left_out = [name for name in own.names if name not in set(other.names)]
        if len(self.records) != len(smaller.records) or set(other.names) - set(own.names) or not left_out:
            raise DataError(
                "The other pooled fit must be of a smaller model, whose coefficients are all among those of this one, "
                "and of the same imputed tables."
            )
        pairs = zip(self.records, self.designs, smaller.records, smaller.designs, strict=True)
        for place, (mine, rows, theirs, others) in enumerate(pairs, start=1):
            if not _same_table(mine, rows, theirs, others):
                raise DataError(
                    f"Fit {place} of the two models is of other rows: their outcomes or common columns differ. Give "
                    "the tables in the same order."
                )
        names = tuple(f"{name} = 0" for name in left_out)
        places = [own.names.index(name) for name in left_out]
        if method == "D1":
            return self.test_of_functions(np.eye(len(own.names))[places], np.zeros(len(places)), names)
        for record in (*self.records, *smaller.records):
            if not record.has_ratios:
                raise UnsupportedError(
                    f"method={method!r} is of likelihoods, which are not valid with {record.covariance.label}: use "
                    "method='D1'."
                )
        if method == "D4":
            stacked = self._stacked()
            ratio, loss = 2.0 * (stacked.common - smaller._stacked().common), 2.0 * (stacked.own - stacked.common)
            return stacked_test(ratio, loss, len(places), len(own.names), len(self.records), names)
        ratios = np.array([2.0 * (a.loglik - b.loglik) for a, b in zip(self.records, smaller.records, strict=True)])
        if method == "D2":
            return statistics_test(ratios, len(places), names)
        at_pooled = 2.0 * (self._logliks() - smaller._logliks())
        return likelihoods_test(ratios, at_pooled, len(places), names)

    def _rows(self) -> list[Design]:
        """Return the rows of the tables."""
        found = [design for design in self.designs if design is not None]
        if len(found) < len(self.designs):
            raise DataError("A likelihood at the pooled estimates needs the rows, which loaded fits do not hold.")
        return found

    def _stacked(self) -> StackedMaximum:
        """Return the likelihood of the tables stacked."""
        adjustment = self.record.adjustment
        if adjustment is not None:
            raise UnsupportedError(
                "method='D4' maximises the likelihood of all tables, and these fits reduce its bias: use method='D1'."
            )
        return stacked_maximum(self.record, self.records, self._rows())

    def _logliks(self) -> FloatArray:
        """Return the log-likelihood of each table at the pooled estimates, less the constants of the table."""
        found = []
        for design in self._rows():
            response = design.response
            rows = fitted_matrix(self.record, design.matrix, response.offset)
            found.append(-float(response.weights @ self.record.family.losses(rows.eta, response)))
        return np.array(found)


def pooled_records(
    records: Sequence[FitRecord], designs: Sequence[Design | None], dof_complete: float | None = None
) -> PooledRecords:
    """Return fits of one model to imputed tables as one fit.

    Parameters
    ----------
    records : sequence of FitRecord
        At least two, with the same coefficients, outcomes and number of rows.
    designs : sequence of Design or None
        Their rows.
    dof_complete : float, optional
        Degrees of freedom of the complete table; by default those of the residuals.

    Returns
    -------
    PooledRecords
        The fits with the pooled record.

    Raises
    ------
    DataError
        For fits of different models or tables.
    SeparationError
        If a fit has no finite estimate.
    UnsupportedError
        After a penalty that leaves no standard errors, and with absorbed factors.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fits = [lk.logit("low ~ age", births.iloc[rows : rows + 150]) for rows in (0, 39)]
    >>> found = pooled_records([fit.record for fit in fits], [fit.design for fit in fits])
    >>> found.record.coef.shape
    (2,)
    """
    if len(records) < 2:
        raise DataError(f"{len(records)} fit: errors between imputations need at least two.")
    first = records[0]
    for place, each in enumerate(records, start=1):
        _require_pooled(first, each, place)
    coef = np.array([each.coef for each in records])
    covariances = np.array([each.vcov for each in records])
    within, between = covariances.mean(axis=0), np.atleast_2d(np.cov(coef.T))
    count = len(records)
    dof = float(min(each.n_obs - each.n_params for each in records)) if dof_complete is None else dof_complete
    vcov = within + (1.0 + 1.0 / count) * between
    law = RubinLaw(within=within, between=between, n_imputations=count, dof_complete=dof)
    label = f"{first.covariance.label}, pooled over {count} imputations by Rubin's rules"
    mean = coef.mean(axis=0)
    record = replace(
        first,
        coef=mean,
        inner_coef=mean,
        coordinates=identity_coordinates(),
        inner_vcov=DenseVcov(vcov),
        inner_model_vcov=DenseVcov(vcov),
        covariance=Covariance("imputations", label, law=law),
        loglik=float("nan"),
        deviance=float("nan"),
        fingerprint="",
    )
    variances = np.array([np.diag(each) for each in covariances])
    return PooledRecords(tuple(records), tuple(designs), record, pooled_scalars(coef, variances, first.level, dof), dof)


def _require_pooled(first: FitRecord, each: FitRecord, place: int) -> None:
    """Refuse a fit that is not of the model of the first, or has no finite estimates with errors."""
    what = f"Fit {place} of those to be pooled"
    for word, mine, theirs in (
        ("another model", first.form.model, each.form.model),
        ("other outcomes", first.outcomes, each.outcomes),
        ("other coefficients", first.names, each.names),
        ("another covariance", first.covariance.kind, each.covariance.kind),
        ("another number of observations", first.n_obs, each.n_obs),
    ):
        if mine != theirs:
            raise DataError(
                f"{what} has {word} than the first: {theirs!s:.200} and {mine!s:.200}. All must be of one "
                "model, with the same levels, fitted to tables that differ in imputed values only."
            )
    if each.nuisance.n_parameters:
        raise UnsupportedError(f"{what} has an absorbed factor: write it into the formula.")
    if each.is_separated:
        raise SeparationError(
            f"{what} is separated: it has no finite estimates to be pooled. With penalty=lk.Jeffreys() there are."
        )
    if each.aliased.size or not np.isfinite(each.std_error).all():
        raise UnsupportedError(f"{what} has coefficients without an error (aliased, or after a penalty).")
    if each.penalty is not None:
        raise UnsupportedError(f"{what} is penalised: Rubin's rules need estimates that scatter about the truth.")
    if not each.converged:
        raise ConvergenceError(f"{what} has not converged ({each.status.value}).")


def _same_table(mine: FitRecord, rows: Design | None, theirs: FitRecord, others: Design | None) -> bool:
    """Tell whether two models are of the same rows, as far as their outcomes and sums of common columns say."""
    if mine.n_obs != theirs.n_obs or not np.array_equal(mine.totals, theirs.totals):
        return False
    if rows is None or others is None:
        return True
    if not np.array_equal(rows.response.y, others.response.y):
        return False
    weights = rows.response.weights * np.cos(np.arange(rows.n_rows))  # tells an order of the rows from another
    sums, same = rows.matrix.rmatvec(weights), others.matrix.rmatvec(weights)
    shared = [(mine.info.names.index(name), k) for k, name in enumerate(theirs.info.names) if name in mine.info.names]
    return all(np.isclose(sums[j], same[k], rtol=1e-9, atol=1e-9 * rows.n_rows) for j, k in shared)
