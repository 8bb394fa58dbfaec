"""Precision and storage of what an estimator takes and hands out: float32, sparse coefficients, other arrays."""

from __future__ import annotations

import array_api_strict
import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, issparse
from sklearn.base import clone

from estimators.problems import overlapping
from logitkit.errors import DataError
from logitkit.estimators import LogitClassifier, LogitClassifierCV, LogitPathClassifier, MultinomialClassifier
from tolerances import EXACT

VARIANTS = [
    LogitClassifier(),
    LogitClassifier(strength=0.05, l1_ratio=1.0),
    LogitClassifierCV(cv=3, n_strengths=5),
    LogitPathClassifier(n_strengths=5),
    MultinomialClassifier(C=1.0),
]
each = pytest.mark.parametrize("model", VARIANTS, ids=lambda m: type(m).__name__)


@each
@pytest.mark.parametrize("sparse", [False, True])
def test_float32_columns_are_used_as_they_are_and_predicted_for_in_float64(model, sparse):
    """A probability of float32 would not tell 1 - 1e-9 from 1, and its logarithm would be lost."""
    X, y = overlapping()
    short = np.asarray(X, dtype=np.float32)
    given = csr_array(short) if sparse else short
    fit, same = clone(model).fit(given, y), clone(model).fit(short.astype(np.float64), y)
    assert_allclose(fit.coef_, same.coef_, rtol=1e-6, atol=1e-9)  # sums of rows differ by their storage
    for verb in ("predict_proba", "predict_log_proba", "decision_function"):
        found = getattr(fit, verb)(given)
        assert found.dtype == np.float64
        assert_allclose(
            found, getattr(same, verb)(short.astype(np.float64)), rtol=1e-6, atol=1e-8
        )  # as the coefficients
    assert_array_equal(fit.predict(given), same.predict(short.astype(np.float64)))


@each
def test_sparse_coefficients_predict_as_before(model):
    X, y = overlapping()
    fit = clone(model).fit(X, y)
    before, coef = fit.predict_proba(X), fit.coef_.copy()
    assert issparse(fit.sparsify().coef_)
    assert_array_equal(fit.predict_proba(X), before)
    assert isinstance(fit.densify().coef_, np.ndarray)
    assert_array_equal(fit.coef_, coef)
    assert_array_equal(clone(model).fit(X, y).densify().coef_, coef)


@each
def test_arrays_of_other_libraries_become_numpys(model, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    X, y = overlapping()
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    with sklearn.config_context(array_api_dispatch=True):
        fit = clone(model).fit(array_api_strict.asarray(X), array_api_strict.asarray(y))
        found = fit.predict_proba(array_api_strict.asarray(X))
    assert isinstance(found, np.ndarray)
    assert_allclose(found, clone(model).fit(X, y).predict_proba(X), rtol=EXACT)


def test_a_c_that_rounding_hides_is_refused_in_its_own_words():
    with pytest.raises(
        DataError, match=r"C=1e\+30 leaves a penalty .* lost to rounding.*without a penalty give C=float\('inf'\)"
    ):
        LogitClassifier(C=1e30).fit(*overlapping())
