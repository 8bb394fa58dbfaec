"""Logistic regression: formulas, inference, diagnostics and reports.

Examples
--------
>>> import logitkit as lk
>>> fit = lk.logit("low ~ age + lwt + C(race)", lk.datasets.load_lbw())
>>> fit.n_obs
189
"""

from typing import Any

import lazy_loader

__version__ = "0.2.0"

_attribute, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"datasets", "errors", "estimators", "logits", "scorecard"},
    submod_attrs={
        "api.fitting": ["fit", "fit_matrix"],
        "api.functions": ["logit", "logit_matrix"],
        "api.nominal": ["multinomial", "multinomial_matrix"],
        "api.ordered": ["ordinal"],
        "api.comparison": ["compare", "vuong"],
        "api.discrimination": ["roc_test"],
        "api.forests": ["plot_forest"],
        "api.grouped": ["fit_by", "logit_by"],
        "api.cross_validation": ["cross_validate", "cross_validate_matrix"],
        "api.tables": ["regression_table", "univariable"],
        "api.descriptions": ["table_one"],
        "api.paths": ["path", "path_matrix"],
        "api.planning": [
            "multinomial_sample_size",
            "power",
            "sample_size",
            "simulated_power",
            "validation_sample_size",
        ],
        "api.pooling": ["pool"],
        "api.streams": ["learn", "learn_matrix"],
        "design.chunks.dask": ["Dask"],
        "design.chunks.spark": ["Spark"],
        "design.labels": ["labels"],
        "design.survey": ["Survey"],
        "engine.regularised.options": ["ProxNewton"],
        "engine.stochastic.options": ["Stochastic"],
        "models.binary": ["Binary"],
        "models.conventions": ["conventions"],
        "models.nominal": ["Multinomial"],
        "models.ordinal": ["Ordinal"],
        "models.penalties.adjustment": ["Jeffreys", "LogF", "MeanBias", "MedianBias"],
        "models.penalties.bounds": ["Bounds"],
        "models.penalties.conversion": ["strength_from"],
        "models.penalties.elastic_net": ["AdaptiveLasso", "ElasticNet", "Lasso", "RelaxedLasso", "Ridge"],
        "models.penalties.group_lasso": ["GroupLasso"],
        "models.penalties.prior": ["GaussianPrior"],
        "numerics.threads.local": ["get_threads", "set_threads"],
        "selection.folds": ["Folds"],
        "results.fit": ["Fit"],
        "results.nominal": ["MultinomialFit"],
        "results.ordinal": ["OrdinalFit"],
        "results.pooled.pooled_fit": ["PooledFit"],
        "results.loading": ["load"],
        "results.stochastic": ["StochasticFit"],
        "engine.solvers.newton": ["Newton"],
    },
)
# `from logitkit import *` must not need scikit-learn, which is an extra; `lk.estimators` is there all the same.
__all__ = [name for name in __all__ if name != "estimators"]


def __getattr__(name: str) -> Any:
    """Return a public name, imported on first use, or say what a name from another package is called here."""
    if name.startswith("_") or name in __dir__():
        return _attribute(name)
    from logitkit.results.their_words import function_meant_by

    raise AttributeError(function_meant_by(name, __dir__()))
