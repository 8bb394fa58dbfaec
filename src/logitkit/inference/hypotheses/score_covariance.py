r"""The covariance of the scores of a larger model at the estimates of a smaller one.

A generalised score test has, in place of the information, the covariance that the fit was given, made again from the
scores :math:`s_i` of the larger model at the estimates of the smaller: sums of their squares by row, cluster or unit of
a survey, or with those of earlier rows. What corrects residuals for the fit, leverage and numbers of coefficients, is
that of the smaller model, whose residuals they are: :math:`n / (n - k_0)` in HC1, :math:`h_{0i}` in HC2 to HC5, and
:math:`I - H_{0g}` in CR2 and CR3. With :math:`Y_g` the columns of the larger model times the roots of the working
weights, the corrected score of a cluster is :math:`Y_g' (I - H_{0g})^{-1} r_g` (CR3), or
:math:`(\Phi B_0^{-1/2} Y_g)' r_g` (CR2, ``covariances/inverse_root.py``).

A dispersion :math:`\phi` divides the statistic. Statistics are chi-square, or F where the covariance has degrees of
freedom of its own, as those of a survey; Satterthwaite's are of Wald tests alone.

References
----------
White, H. (1982) Econometrica 50, 1-25. Boos, D. D. (1992) On generalized score tests. The American Statistician 46,
327-333. Rao, J. N. K., Scott, A. J. and Skinner, C. J. (1998) Quasi-score tests with survey data. Statistica Sinica 8,
1059-1070.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.dependence import Dependence
from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.facts import Covariance
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.covariances.cluster_sums import (
    ClusterSums,
    middle_of_sums,
    sums_by_cluster,
)
from logitkit.inference.covariances.clustered import clustered_meat, counted_clusters
from logitkit.inference.covariances.corrected import corrected_meat
from logitkit.inference.covariances.corrections import correction_named
from logitkit.inference.covariances.heteroscedastic import HC_KINDS, Leverages, hc_weights
from logitkit.inference.covariances.reduced_bias import CR_KINDS
from logitkit.inference.covariances.sandwich import copies, correction_of, named_correction
from logitkit.inference.covariances.serial import serial_meat
from logitkit.inference.covariances.sums_by_cluster import cluster_meat
from logitkit.inference.covariances.survey import survey_meat
from logitkit.inference.linear_predictors import NUMBERS_OF_BLOCK
from logitkit.models.predictors import Predictors
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = ["LargerScores", "ScoreCovariance", "score_covariance"]

OWN = ("sampling", "cluster", "rows")  # kinds that weights, clusters or fractions bring with them


@dataclass(frozen=True, eq=False)
class LargerScores:
    """The scores of rows for the coefficients of a larger model.

    Parameters
    ----------
    response : Response
        Response of the n rows.
    matrix : Matrix
        The columns of the coefficients.
    predictors : Predictors or None
        How they enter several linear predictors; None for one.
    slopes : (m, n) array
        Weighted derivatives of the log-likelihood with respect to the linear predictors.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> response, slopes = Response(np.array([0.0, 1.0])), np.array([[-0.5, 0.5]])
    >>> LargerScores(response, Dense(np.array([[1.0], [3.0]])), None, slopes).of(np.arange(2)).tolist()
    [[-0.5], [1.5]]
    """

    response: Response
    matrix: Matrix
    predictors: Predictors | None
    slopes: FloatArray

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return self.matrix.n_columns if self.predictors is None else self.predictors.n_params

    @property
    def block(self) -> int:
        """How many rows are written out at once."""
        return max(NUMBERS_OF_BLOCK // max(self.size, 1), 1)

    def of(self, rows: IntArray) -> FloatArray:
        """Return the scores of some rows.

        Parameters
        ----------
        rows : (r,) int array
            Positions of the rows.

        Returns
        -------
        (r, q) array
            One row per row.
        """
        cells = self.matrix.take(rows).to_dense()
        if self.predictors is None:
            return np.asarray(cells * self.slopes[0][rows, None])
        return self.predictors.rows(cells, self.slopes[:, rows].T)

    def piece(self, start: int, stop: int) -> tuple[FloatArray, FloatArray]:
        """Return the scores of consecutive rows as numbers and what each row of them is multiplied by.

        Parameters
        ----------
        start, stop : int
            Positions of the first row and of the end.

        Returns
        -------
        cells : (r, q) array
            One row per row.
        scale : (r,) array
            Its factor.
        """
        cells, slopes = self.matrix.rows(start, stop).to_dense(), self.slopes[:, start:stop]
        if self.predictors is None:
            return cells, slopes[0]
        return self.predictors.rows(cells, slopes.T), np.ones(stop - start)


@dataclass(frozen=True, eq=False)
class ScoreCovariance:
    """How the covariance of a score is computed.

    Parameters
    ----------
    law : Law
        Reference distribution of the statistic.
    scale : float
        Divisor of the statistic: a dispersion, or one.
    robust : bool
        Whether the covariance of the score is computed from its rows and not from the model.
    dependence : Dependence or None
        The covariance that was requested; None for that of weights, clusters or fractions.
    counts_parameters : bool
        Whether that covariance, or a survey's, also has the factor (n - 1) / (n - k).

    Examples
    --------
    >>> ScoreCovariance().robust
    False
    """

    law: Law = NORMAL
    scale: float = 1.0
    robust: bool = False
    dependence: Dependence | None = None
    counts_parameters: bool = False

    @property
    def is_crossed(self) -> bool:
        """Whether the covariance may have negative eigenvalues."""
        return self.dependence is not None and len(self.dependence.clusters) > 1

    @property
    def corrects_clusters(self) -> bool:
        """Whether scores of clusters are corrected for the fit, which needs their rows together."""
        return self.dependence is not None and self.dependence.kind in CR_KINDS

    def middle(
        self,
        found: LargerScores,
        smaller: tuple[FitRecord, Design] | None,
        rows: Design,
        leverages: Leverages | None = None,
        most: int = 0,
    ) -> FloatArray | list[ClusterSums]:
        """Return the middle of the sandwich over some rows, which ``finished`` makes that of all.

        Parameters
        ----------
        found : LargerScores
            Scores at the estimates of the smaller model.
        smaller : (FitRecord, Design) or None
            Its fit, and the same rows of it; None without coefficients.
        rows : Design
            These rows.
        leverages : Leverages, optional
            Quantities from which leverages of the smaller fit are computed.
        most : int
            Numbers that may be held, of a chunk.

        Returns
        -------
        (q, q) array or list of ClusterSums
            Symmetric; of a chunk whose rows have clusters, the sums by cluster.
        """
        given, k = self.dependence, 0 if smaller is None else smaller[0].n_params
        with single_threaded_blas():
            apart = given is None or given.kind == "cluster" or smaller is None
            if rows.dependence is not None and most and apart:
                return sums_by_cluster(found, rows.dependence.clusters, most)
            if given is None:
                return self._of_response(found)
            if given.kind in HC_KINDS:
                return _of_rows(found, given.kind, smaller, leverages)
            if given.kind == "cluster":
                counts = [counted_clusters(each, found.response) for each in given.clusters]
                return clustered_meat(found, given.clusters, counts, correction_named(given.correction), max(k, 1))
            if given.kind in CR_KINDS:
                return _of_corrected(found, given, smaller)
            if given.order is not None and given.lags is not None:
                return serial_meat(found, given.order, given.lags)
            assert given.survey is not None
            meat, n = survey_meat(found, given.survey), found.response.n_obs
            return meat * (n - 1.0) / (n - max(k, 1)) if self.counts_parameters else meat

    def _of_response(self, found: LargerScores) -> FloatArray:
        """Return the middle that weights, clusters or fractions bring, without its factor."""
        response = found.response
        if response.clusters is not None:
            return cluster_meat(response.clusters.codes, found)
        return _squares(found, 1.0 / copies(response))

    def finished(self, middle: FloatArray | list[ClusterSums] | None, rows: Design, n: int, k: int) -> FloatArray:
        """Return the middle of the sandwich with the factors that depend on all rows.

        Parameters
        ----------
        middle : (q, q) array or list of ClusterSums
            Summed over all rows.
        rows : Design
            All rows.
        n, k : int
            Number of observations, and number of coefficients of the smaller model.

        Returns
        -------
        (q, q) array
            A symmetric matrix.
        """
        assert middle is not None
        given, response = self.dependence, rows.sample.response
        if given is not None and isinstance(middle, list):
            if given.kind in CR_KINDS:  # of a smaller model without coefficients, for which nothing is corrected
                return _by_kind(middle[0].squares, given.kind, middle[0].count)
            rule = correction_named(given.correction)
            return middle_of_sums(middle, given.clusters, rule, float(n), float(max(k, 1)))[0]
        if given is not None:
            assert not isinstance(middle, list)
            return middle
        own = max(k, 1) if self.counts_parameters else 1
        if isinstance(middle, list):
            return named_correction(response, n, middle[0].count, own)[0] * middle[0].squares
        return (
            correction_of(response, own)[0] * middle
            if not rows.in_chunks
            else (named_correction(response, n, 0, own)[0] * middle)
        )


def score_covariance(record: FitRecord, design: Design) -> ScoreCovariance:
    """Return how the covariance of a score is computed; raise an error if the smaller model cannot have it.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its rows.

    Returns
    -------
    ScoreCovariance
        Like the covariance of the fit.

    Raises
    ------
    UnsupportedError
        For a covariance that is computed from refits, and for one of unknown rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0, 1], "x": [1, 2, 3, 4, 5, 2]}).robust("HC1")
    >>> score_covariance(fit.record, fit.design).dependence.kind
    'HC1'
    """
    own, law = record.covariance, NORMAL if record.law.varies else record.law
    if own.kind == "model":
        return ScoreCovariance(law)
    if own.kind == "dispersion":
        # Williams's is in the weights already.
        scale = float(record.inner_vcov.diagonal()[0] / record.inner_model_vcov.diagonal()[0])
        return ScoreCovariance(law, scale)
    given, counts = design.dependence, record.conventions.counts_parameters
    if given is None:
        if own.kind in OWN and replace(own, law=NORMAL) == _own_covariance(
            record, design, record.n_params if counts else 1
        ):
            return ScoreCovariance(law, robust=True, counts_parameters=counts)
    elif design.in_chunks and given.kind not in (*HC_KINDS, *CR_KINDS, "cluster", "jackknife"):
        raise UnsupportedError(
            f"A score test with {own.label} needs the scores of all rows at once, and the rows are read in chunks: use "
            "a Wald test, fit.anova(test='Wald') or fit.test(...)."
        )
    elif given.kind != "jackknife" and (given.survey is None or given.survey.replicates is None):
        return ScoreCovariance(law, robust=True, dependence=given, counts_parameters=counts)
    refits = given is not None
    why = (
        "it is made of refits, and a score test has none"
        if refits
        else "the covariance would have to be made again at the estimates of the smaller model"
    )
    raise UnsupportedError(
        f"A score test with {own.label} is not offered: {why}. Use a Wald test, fit.anova(test='Wald') or "
        "fit.test(...)."
    )


def _own_covariance(record: FitRecord, design: Design, k: int) -> Covariance:
    """Return the name of the covariance that weights, clusters or fractions bring."""
    if not design.in_chunks:
        return correction_of(design.response, k)[1]
    return named_correction(design.sample.response, record.n_obs, record.covariance.n_clusters or 0, k)[1]


def _of_rows(
    found: LargerScores, kind: str, smaller: tuple[FitRecord, Design] | None, leverages: Leverages | None
) -> FloatArray:
    """Return the sum of the squares of the scores of independent rows, corrected for the smaller fit."""
    if smaller is None:  # without coefficients there is nothing to correct for
        return _squares(found, 1.0 / copies(found.response))
    return _squares(found, hc_weights(*smaller, kind, found.slopes, leverages))


def _of_corrected(found: LargerScores, given: Dependence, smaller: tuple[FitRecord, Design] | None) -> FloatArray:
    """Return the sum of the squares of the scores of clusters, corrected for the smaller fit."""
    clusters = given.clusters[0]
    if smaller is None:
        meat = cluster_meat(clusters.codes, found)
    else:
        meat = corrected_meat(*smaller, clusters, given.kind, found.matrix)
    return _by_kind(meat, given.kind, counted_clusters(clusters, found.response))


def _by_kind(meat: FloatArray, kind: str, g: int) -> FloatArray:
    """Return the middle with the factor of the number of clusters, where the kind has one."""
    return meat * g / (g - 1.0) if kind == "CR1" else meat


def _squares(found: LargerScores, weights: FloatArray) -> FloatArray:
    """Return the weighted sum of the squares of the scores."""
    meat, n = np.zeros((found.size, found.size)), found.response.n_rows
    for start in range(0, n, found.block):
        rows = np.arange(start, min(start + found.block, n))
        part = found.of(rows)
        meat += part.T @ (part * weights[rows, None])
    return meat
