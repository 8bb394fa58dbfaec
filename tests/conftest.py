"""What every test shares: a headless plotting backend and repeatable property tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

# Before anything imports matplotlib: a test draws into memory, whatever display the machine has.
os.environ["MPLBACKEND"] = "Agg"

import pytest
from hypothesis import HealthCheck, settings

# Fits take milliseconds once compiled but seconds the first time: hence no deadline, and a slow first example
# is no sign of ill health. Derandomised: the same examples on every run, so a red test is red for everyone.
settings.register_profile(
    "standard",
    derandomize=True,
    deadline=None,
    max_examples=25,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# `make test-slow`: other examples on every run, and many of them.
settings.register_profile("thorough", parent=settings.get_profile("standard"), derandomize=False, max_examples=400)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "standard"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share a fixture of their module in one worker, where it is made once."""
    for item in items:
        for definitions in getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {}).values():
            if definitions[-1].scope == "module" and definitions[-1].baseid:
                item.add_marker(pytest.mark.xdist_group(definitions[-1].baseid))


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Close what a test drew: open figures pile up, and matplotlib warns at the twenty-first."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
