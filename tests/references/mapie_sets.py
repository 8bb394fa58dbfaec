"""Conformal sets by MAPIE, an independent implementation in Python.

Run in an environment that has it (``pip install mapie``; it is no dependency of the tests):
``python tests/references/mapie_sets.py`` writes ``logits/mapie.json``. MAPIE draws for the rows of the
threshold from ``numpy.random.RandomState(1)``, which the test repeats, and its u is our 1 - u. Its sets are asked for
without draws: the label at the edge is left out, except where the set would be empty.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
LEVEL, N, M, K = 0.9, 300, 40, 6


def rows() -> tuple[Any, Any]:
    """Return logits rounded to what the file holds, and outcomes."""
    rng = np.random.default_rng(18)
    z = np.round(rng.normal(0.0, 2.0, (N + M, K)), 4)
    return z, (z + rng.gumbel(size=z.shape)).argmax(axis=1)


def main() -> None:
    """Write the file."""
    from mapie.classification import SplitConformalClassifier
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Given(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        """Probabilities that are the softmax of the columns."""

        def fit(self, X: Any, y: Any) -> Any:
            self.classes_ = np.arange(K)
            return self

        def predict_proba(self, X: Any) -> Any:
            e = np.exp(X - X.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)

        def predict(self, X: Any) -> Any:
            return self.predict_proba(X).argmax(axis=1)

    z, y = rows()
    model = Given().fit(z, y)
    found: dict[str, Any] = {}
    for name, options in {"lac": {}, "aps": {"include_last_label": False}}.items():
        made = SplitConformalClassifier(model, LEVEL, conformity_score=name, prefit=True, random_state=1)
        made.conformalize(z[:N], y[:N])
        sets = made.predict_set(z[N:], conformity_score_params=options or None)[1][:, :, 0]
        quantile = made._mapie_classifier.conformity_score_function_.quantiles_
        found[name] = {"quantile": float(np.asarray(quantile).ravel()[0]), "sets": sets.astype(int).tolist()}
    head = {"mapie": version("mapie"), "numpy": version("numpy"), "level": LEVEL, "n": N}
    content = {"made_by": head, "logits": z.tolist(), "y": y.tolist(), **found}
    (HERE / "logits" / "mapie.json").write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
