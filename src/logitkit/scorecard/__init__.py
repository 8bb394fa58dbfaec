"""Credit scorecards: optimal binning, weight of evidence, points, reject inference, validation and export.

``lk.scorecard(columns, data, target=...)`` makes a whole card. The functions and classes below make its parts.

Examples
--------
>>> import logitkit as lk
>>> loans = lk.datasets.load_german_credit()
>>> bins = lk.scorecard.Bins(shape="up", max_bins=4)
>>> lk.scorecard.binning("duration", loans, target="class", event="bad", bins=bins).rule.labels()[0]
'below 9'
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

#: Public names, and where they are: those of higher layers are imported by name, when they are first asked for.
PUBLIC = {
    "Augmentation": "logitkit.scorecard.rejects.augmentation",
    "Bins": "logitkit.scorecard.stated",
    "Evidence": "logitkit.scorecard.evidence",
    "Extrapolation": "logitkit.scorecard.rejects.assumed",
    "FuzzyAugmentation": "logitkit.scorecard.rejects.assumed",
    "Limits": "logitkit.scorecard.monitoring.limits",
    "Parcelling": "logitkit.scorecard.rejects.parcelling",
    "Reclassification": "logitkit.scorecard.rejects.assumed",
    "RejectInference": "logitkit.results.cards.rejects",
    "Scaling": "logitkit.scorecard.scaling",
    "Scorecard": "logitkit.results.cards.scorecard",
    "Selection": "logitkit.scorecard.selection",
    "binning": "logitkit.api.binnings",
    "binnings_of_blocks": "logitkit.api.binnings",
    "psi": "logitkit.api.stability",
    "reject_inference": "logitkit.api.reject_inference",
    "vintages": "logitkit.api.vintages",
}
__all__ = list(PUBLIC)


def __getattr__(name: str) -> Any:
    """Return a public name, imported when it is first asked for."""
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(PUBLIC[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(PUBLIC)


class _Scorecard(ModuleType):
    """The module, which can be called as the function that makes a whole card."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return a scorecard: see :func:`logitkit.api.scorecards.scorecard`."""
        return import_module("logitkit.api.scorecards").scorecard(*args, **kwargs)


sys.modules[__name__].__class__ = _Scorecard
