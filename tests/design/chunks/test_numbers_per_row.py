"""Which verbs hold a number per row of a stream: each answers, or refuses with a sentence, and the page lists them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import logitkit as lk
from logitkit.design.chunks.stream import Stream
from logitkit.errors import LogitkitError

pytestmark = pytest.mark.usefixtures("chunks_of_64")

PAGE = Path(__file__).parents[3] / "docs" / "maths" / "chunks.md"
ARGUMENTS: dict[str, dict[str, Any]] = {
    "add1": {"scope": "v"},
    "average_predictions": {"variable": "x"},
    "bootstrap": {"n": 5, "seed": 1},
    "confint": {"method": "profile"},
    "contrast": {"a": {"x": 1.0}, "b": {"x": 0.0}},
    "fragility": {"name": "x"},
    "equivalence": {"of": "x", "low": -1.0, "high": 1.0},
    "labelled": {"labels": {"x": "X"}},
    "inverse": {"variable": "x", "at": {"g": "a"}},
    "means": {"factors": "g"},
    "partial_auc": {"fpr": (0.0, 0.1)},
    "profile": {"of": "x"},
    "rao_scott_test": {"hypothesis": "x"},
    "score_bootstrap": {"hypothesis": "x = 0", "draws": 99, "cluster": "firm"},
    "test": {"hypothesis": "x = 0"},
    "validate": {"n": 3},
    "robust": {"kind": "HC3"},
}
LEFT_OUT = {
    "on",
    "plot",
    "report",
    "save",
    "trace",
    "record",
    "reclassification",
    "roc_test",
}  # two: of two fits


def verbs(fit: Any) -> list[tuple[str, Callable[[], Any]]]:
    """Every verb of a fit, with arguments."""
    found = []
    for name in sorted(each for each in dir(type(fit)) if not each.startswith("_") and each not in LEFT_OUT):
        if callable(getattr(type(fit), name)):
            options = ARGUMENTS.get(name, {})
            if set(options) <= set(inspect.signature(getattr(type(fit), name)).parameters):
                found.append((name, lambda name=name, options=options: getattr(fit, name)(**options)))
        else:
            found.append((name, lambda name=name: getattr(fit, name)))
    return found


def reason(ask: Callable[[], Any]) -> str | None:
    """The sentence with which a verb refuses, None where it answers."""
    try:
        ask()
    except LogitkitError as error:
        return str(error)
    return None


def test_every_verb_answers_or_says_what_it_would_hold(small: pd.DataFrame, files: str) -> None:
    held, read = lk.logit("y ~ x + C(g)", small), lk.logit("y ~ x + C(g)", files)
    stream = read.design.stream
    assert isinstance(stream, Stream)
    object.__setattr__(stream, "memory", 1_000)  # 125 numbers, of 320 rows
    refused = []
    for (name, ask), (_, in_memory) in zip(verbs(read), verbs(held), strict=True):
        why = reason(ask)
        if why is not None and reason(in_memory) is None:  # else it is not of this model
            assert any(words in why for words in ("memory= grants", "in memory", "read in chunks")), f"{name}: {why}"
            refused.append(name)
    text = PAGE.read_text(encoding="utf-8")
    listed = text.partition("## What holds a number per row")[2].partition("\n## ")[0]
    assert sorted(refused) == [name for name in sorted(verb for verb, _ in verbs(read)) if f"`{name}`" in listed]
