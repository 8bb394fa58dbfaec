"""A fit with another covariance: the kinds available, what each needs, and the reference distributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from logitkit.design.dependence import Dependence
from logitkit.design.design import Design
from logitkit.design.response.response import Clusters
from logitkit.engine.curvature.vcov import Vcov
from logitkit.engine.facts import Covariance
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.clustered import clustered_vcov
from logitkit.inference.covariances.corrections import default_correction
from logitkit.inference.covariances.deleted import deleted_vcov
from logitkit.inference.covariances.heteroscedastic import HC_KINDS, heteroscedastic_vcov
from logitkit.inference.covariances.reduced_bias import CR_KINDS, reduced_bias_vcov
from logitkit.inference.covariances.serial import lags_of, serial_vcov
from logitkit.inference.verbs import require
from logitkit.numerics.once import altered
from logitkit.options import is_finite_number, require_choice

__all__ = ["KINDS", "robust"]

KINDS = (*HC_KINDS, "cluster", *CR_KINDS, "HAC", "jackknife")
NONE_GIVEN = Dependence()
DOFS = ("normal", "clusters", "residual", "satterthwaite")


def robust(
    record: FitRecord,
    design: Design,
    kind: str | None = None,
    given: Dependence = NONE_GIVEN,
    *,
    correction: str | None = None,
    dof: str | float | None = None,
) -> tuple[FitRecord, Design]:
    """Return a fit with a covariance that is valid under weaker assumptions than those of the model.

    Parameters
    ----------
    record : FitRecord
        The fit, by maximum likelihood.
    design : Design
        Its n rows.
    kind : str, optional
        One of ``KINDS``. The default is ``"cluster"`` with clusters, ``"HAC"`` with a time variable, otherwise
        ``"HC3"``.
    given : Dependence
        The clusters or the time variable.
    correction : str, optional
        Correction for ``"cluster"``: a key of ``clustered.CORRECTIONS``.
    dof : {'normal', 'clusters', 'residual', 'satterthwaite'} or float, optional
        Reference distribution: normal, or t with min(G) - 1, with n - k, with degrees of freedom for each function, or
        with a given number. The default is Satterthwaite's for CR kinds, the number of units minus one for the
        jackknife, that of the correction for clusters, otherwise normal.

    Returns
    -------
    record : FitRecord
        The same estimates with that covariance.
    design : Design
        The same rows, with the clusters if there is a single clustering.

    Raises
    ------
    DataError
        For an unknown kind, and for arguments that a kind does not accept.
    UnsupportedError
        If a kind is not defined for the model, and after a penalty.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> robust(fit.record, fit.design)[0].covariance.label
    'heteroscedasticity-robust sandwich (HC3)'
    """
    require(record, "robust")
    clusters = given.clusters or (() if design.clusters is None else (design.clusters,))
    if kind is None:
        kind = "cluster" if clusters else "HAC" if given.in_time else "HC3"
    require_choice("kind", kind, KINDS)
    _require_fitting(kind, clusters, given, correction)
    if kind == "cluster":
        correction = correction or default_correction(record, clusters)
    if design.in_chunks and given.clusters:
        from logitkit.design.chunks.build import in_clusters

        design = in_clusters(design, given.clusters)
    if design.in_chunks and kind == "jackknife" and len(clusters) == 1:
        whole = design.response.clusters  # a number per row, where that fits into the memory
        assert whole is not None
        clusters = (whole,)
    satterthwaite = kind in CR_KINDS and dof in (None, "satterthwaite")
    found: tuple[Vcov, Covariance]
    if kind in HC_KINDS:
        found = heteroscedastic_vcov(record, design, kind)
    elif kind == "cluster":
        found = clustered_vcov(record, design, clusters, correction)
    elif kind in CR_KINDS:
        found = reduced_bias_vcov(record, design, clusters[0], kind, satterthwaite=satterthwaite)
    elif kind == "HAC":
        found = serial_vcov(record, design, given.order, given.time, given.lags)
    else:
        found = deleted_vcov(record, design, clusters[0] if clusters else None)
    vcov, covariance = found
    if dof is not None and not satterthwaite:
        covariance = replace(covariance, law=_law(dof, record, covariance))
    own = clusters[0] if len(clusters) == 1 and kind != "HAC" else None
    lags = lags_of(record, design, given.order, given.lags) if given.order is not None else None
    made = altered(given, clusters=tuple(clusters), lags=lags, kind=kind, correction=correction)
    response = design.response if design.in_chunks else altered(design.response, clusters=own)
    return record.with_covariance(vcov, covariance), altered(design, response=response, dependence=made)


def _require_fitting(kind: str, clusters: Sequence[Clusters], given: Dependence, correction: str | None) -> None:
    """Refuse what a kind does not go with: an argument that was ignored would be a wrong answer."""
    if correction is not None and kind != "cluster":
        raise DataError(f"correction={correction!r} goes with robust('cluster', cluster=...) only, not with {kind!r}.")
    if given.in_time and kind != "HAC":
        raise DataError(f"time= goes with robust('HAC') only, not with {kind!r}.")
    if given.lags is not None and kind != "HAC":
        raise DataError(f"lags= goes with robust('HAC') only, not with {kind!r}.")
    if kind == "HAC":
        if not given.in_time:
            raise DataError("robust('HAC') needs the order of the rows: time=, a column or an array.")
        if clusters:
            raise UnsupportedError(
                "'HAC' takes all rows as one series, and does not go with clusters; use robust('cluster', cluster=...)."
            )
    if kind in HC_KINDS and clusters:
        raise UnsupportedError(
            f"{kind!r} takes rows for independent, and there are clusters ({clusters[0].name}): use 'cluster' or 'CR0' "
            "to 'CR3', or fit without cluster=."
        )
    if kind in ("cluster", *CR_KINDS) and not clusters:
        raise DataError(f"robust({kind!r}) needs cluster=, a column or an array.")
    if kind != "cluster" and len(clusters) > 1:
        raise UnsupportedError(f"{kind!r} is defined for one clustering; crossed ones go with robust('cluster').")


def _law(dof: str | float, record: FitRecord, covariance: Covariance) -> Law:
    """Return the distribution that was asked for."""
    if not isinstance(dof, str):
        if not is_finite_number(dof) or dof <= 0.0:
            raise DataError(f"dof={dof!r:.60} must be a positive number, or one of {', '.join(map(repr, DOFS))}.")
        return Law(float(dof))
    require_choice("dof", dof, DOFS)
    if dof == "normal":
        return NORMAL
    if dof == "residual":
        if record.dof_residual < 1:
            raise DataError("dof='residual': there are no more observations than coefficients.")
        return Law(float(record.n_obs - record.n_params))
    if dof == "satterthwaite":
        raise DataError("dof='satterthwaite' goes with 'CR0' to 'CR3'.")
    if covariance.n_clusters is None:
        raise DataError("dof='clusters' needs clusters.")
    return Law(float(covariance.n_clusters - 1))
