r"""Clustered sandwich covariances with corrected scores (CR0 to CR3) and Satterthwaite's degrees of freedom.

Working weights :math:`c_i` make the fit a weighted least squares with rows :math:`z_i = \sqrt{c_i}\, L' x_i`, where
:math:`V = L L'` is the inverse information, so that the columns of Z are orthonormal. Because the coefficients were
estimated, the standardised residuals of a cluster have, under the working model, the covariance :math:`I - H_g` with
:math:`H_g = Z_g Z_g'`, and not I. A sandwich with corrected scores :math:`t_g = M_g' r_g`,

.. math:: V^{CR} = \sum_g (L t_g) (L t_g)',

has :math:`M_g = Z_g` (CR0; CR1 is G / (G - 1) times as large), :math:`(I - H_g)^{-1} Z_g` (CR3: the step that leaving
out the cluster takes), or that of ``inverse_root.py`` (CR2: residuals with the covariance that the model states, so
that the expectation is right where the working model is). Degrees of freedom (``engine/satterthwaite.py``) are made of
:math:`T_g = M_g' M_g` and :math:`N_g = Z_g' M_g`.

Where the fit reports the observed information, its inverse is the bread on either side, and H is still that of the
working weighted least squares, whose weights are expected ones: :math:`N_g` is then turned so that :math:`N_g' V N_g`
has the inverse of the expected information in it.

CR3 needs sums over the rows of a cluster only: with :math:`S_g = Z_g'Z_g` and :math:`s_g = Z_g' r_g`,
:math:`t_g = (I - S_g)^{-1} s_g`, :math:`N_g = S_g (I - S_g)^{-1}` and :math:`T_g = (I - S_g)^{-1} N_g`. A row with a
frequency weight is as many equal rows: the direction that they share has :math:`z_i` times the root of the weight, and
the variance of one of them.

References
----------
Bell, R. M. and McCaffrey, D. F. (2002) Survey Methodology 28, 169-181. Pustejovsky, J. E. and Tipton, E. (2018) Journal
of Business and Economic Statistics 36, 672-683.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Clusters
from logitkit.engine.curvature.vcov import DenseVcov, Vcov
from logitkit.engine.facts import Covariance
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.record import FitRecord
from logitkit.engine.satterthwaite import SatterthwaiteLaw, half_of
from logitkit.errors import UnsupportedError
from logitkit.inference.covariances.cluster_rows import rows_of_clusters
from logitkit.inference.covariances.corrected import require_working_model
from logitkit.inference.covariances.leverage import uses_observed, with_expected_information
from logitkit.numerics.threads.blas import single_threaded_blas

__all__ = ["CR_KINDS", "reduced_bias_vcov"]

CR_KINDS = ("CR0", "CR1", "CR2", "CR3")
CELLS_OF_LAW = 64_000_000  # numbers that degrees of freedom are made of: 512 MB


def reduced_bias_vcov(
    record: FitRecord, design: Design, clusters: Clusters, kind: str, *, satterthwaite: bool = True
) -> tuple[Vcov, Covariance]:
    """Return a clustered sandwich covariance with corrected scores.

    Parameters
    ----------
    record : FitRecord
        The fit, with one linear predictor per row.
    design : Design
        Its n rows.
    clusters : Clusters
        Clusters of the n rows.
    kind : {'CR0', 'CR1', 'CR2', 'CR3'}
        The correction.
    satterthwaite : bool, default True
        Whether to keep the moments that Satterthwaite's degrees of freedom need.

    Returns
    -------
    vcov : Vcov
        Covariance of the coefficients that were solved for.
    covariance : Covariance
        Name and reference distribution of the covariance.

    Raises
    ------
    DataError
        With fewer than two clusters; for CR3, if a single cluster determines a coefficient.
    UnsupportedError
        For several linear predictors, absorbed levels, degrees of freedom with very many clusters, and CR2 if a very
        large cluster determines a coefficient.

    Examples
    --------
    With a cluster for each row, CR0 is HC0:

    >>> import logitkit as lk
    >>> from logitkit.inference.covariances.heteroscedastic import heteroscedastic_vcov
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> own = Clusters(np.arange(6), 6, "row")
    >>> cr0 = reduced_bias_vcov(fit.record, fit.design, own, "CR0")[0].array()
    >>> bool(np.allclose(cr0, heteroscedastic_vcov(fit.record, fit.design, "HC0")[0].array()))
    True
    """
    require_working_model(record, kind)
    rows = rows_of_clusters(design, clusters)
    g, q = rows.count, record.inner_coef.size
    if satterthwaite and 2 * g * q**2 > CELLS_OF_LAW:
        raise UnsupportedError(
            f"Degrees of freedom by Satterthwaite of {g:,} clusters and {q:,} coefficients would keep "
            f"{2 * g * q**2:,} numbers, and of so many clusters they are rarely needed: state dof='clusters' or "
            "'normal'."
        )
    if satterthwaite and design.stream is not None:
        design.stream.require_room(
            2 * g * q**2, "What degrees of freedom by Satterthwaite are made of (dof='clusters' or 'normal' needs none)"
        )
    bread = record.inner_model_vcov.array()
    half = half_of(with_expected_information(record, design).inner_model_vcov.array())
    law: Law = NORMAL
    meat, moments = np.zeros((q, q)), []
    with single_threaded_blas():
        for score, inside, beside in rows.corrected(record, kind, half):
            meat = meat + score.T @ score
            if satterthwaite:
                moments.append((inside, beside))
        back = np.linalg.pinv(half)
        outer = bread @ back.T if uses_observed(record) else half
        vcov = outer @ meat @ outer.T
        if satterthwaite:
            own, across = (back.T @ np.concatenate([part[k] for part in moments]) @ back for k in (0, 1))
            if uses_observed(record):  # so that across' V across has the inverse of the expected information for V
                across = np.linalg.pinv(half_of(bread)).T @ half.T @ across
            law = SatterthwaiteLaw(np.nan, bread, own, across)
    label = f"{kind} sandwich by cluster ({clusters.name}, G = {g})"
    if kind == "CR1":
        return DenseVcov(g / (g - 1.0) * vcov), Covariance("cluster", label, f"G / (G - 1) with G = {g}", g, law)
    return DenseVcov(vcov), Covariance("cluster", label, "", g, law)
