"""scikit-learn estimators: the fits of logitkit with ``fit`` and ``predict``, without statistics of their own.

Examples
--------
>>> from logitkit.estimators import LogitClassifier
>>> model = LogitClassifier().fit([[1.0], [2.0], [2.5], [3.0], [3.5], [5.0]], [0, 0, 1, 0, 1, 1])
>>> model.predict([[1.5], [4.5]]).tolist()
[0, 1]
"""

from importlib.util import find_spec

import lazy_loader

if find_spec("sklearn") is None:
    raise ImportError("logitkit.estimators needs scikit-learn 1.8 or later: pip install 'logitkit[sklearn]'.")

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bagged": ["BaggedClassifier"],
        "cross_validated": ["LogitClassifierCV"],
        "logit": ["LogitClassifier"],
        "multinomial": ["MultinomialClassifier"],
        "nominal_cross_validated": ["MultinomialClassifierCV"],
        "ordinal": ["OrdinalClassifier"],
        "path": ["LogitPathClassifier"],
        "scorecard": ["ScorecardClassifier"],
        "stacked": ["StackedClassifier"],
        "woe_encoder": ["WoeEncoder"],
    },
)
