"""The cache of compiled kernels, damaged or without room: the kernel is compiled, and one warning says where it was."""

from __future__ import annotations

import importlib.util
import resource
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from logitkit.errors import LogitkitWarning
from logitkit.numerics import kernels

KERNEL = "from logitkit.numerics.kernels import compiled\n\n@compiled\ndef twice(x):\n    return 2.0 * x\n"


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """A small kernel with a cache of its own, to be loaded as a new process would."""
    path = tmp_path / "small.py"
    path.write_text(KERNEL, encoding="utf-8")
    monkeypatch.setattr(kernels, "_told", [])

    def load() -> Any:
        spec = importlib.util.spec_from_file_location("small", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.twice

    assert load()(2.0) == 4.0
    assert {file.suffix for file in (tmp_path / "__pycache__").iterdir()} >= {".nbi", ".nbc"}
    return load


def hits(kernel: Any) -> int:
    """How often compiled code came from the cache."""
    return int(sum(kernel.stats.cache_hits.values()))


@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: b"\0" * len(content),
        lambda content: b"no pickle at all",
    ],
    ids=["empty", "cut short", "zeros", "text"],
)
def test_a_damaged_cache_is_told_once_and_healed(
    damage: Callable[[bytes], bytes], ending: str, kernel: Callable[[], Any], tmp_path: Path
) -> None:
    assert hits(kernel_run(kernel)) == 1
    for path in (tmp_path / "__pycache__").glob(f"*{ending}"):
        path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(LogitkitWarning, match=r"__pycache__' cannot be read or written .* delete the files") as told:
        assert hits(kernel_run(kernel)) == 0
    assert len(told) == 1
    assert hits(kernel_run(kernel)) == 1  # and without a warning, which would be an error here


def kernel_run(kernel: Callable[[], Any]) -> Any:
    found = kernel()
    assert found(3.0) == 6.0
    return found


def test_a_full_disk_costs_the_cache_and_not_the_fit(kernel: Callable[[], Any], tmp_path: Path) -> None:
    for path in (tmp_path / "__pycache__").glob("*.nb*"):
        path.unlink()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ResourceWarning)  # of garbage of other tests, collected at any time
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
        try:
            assert kernel()(3.0) == 6.0
            assert kernel()(3.0) == 6.0
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert ["OSError" in str(each.message) for each in told] == [True]
    assert hits(kernel_run(kernel)) == 0
    assert hits(kernel_run(kernel)) == 1
