"""A fit that was stopped goes on from its checkpoint, to the bit; a checkpoint of anything else is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.design.chunks.stream import Stream
from logitkit.errors import DataError

N = 1_500


@pytest.fixture(autouse=True)
def sizes(monkeypatch):
    monkeypatch.setattr(build, "ROWS_LEAST", 200)
    monkeypatch.setattr(build, "ROWS_MOST", 200)
    monkeypatch.setattr(build, "SAMPLE_LEAST", 400)


def written(place: Path, seed: int = 3) -> str:
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"x": rng.normal(size=N), "g": rng.choice(list("abc"), N)})
    data["y"] = (rng.random(N) < 1.0 / (1.0 + np.exp(-data["x"]))).astype(int)
    place.mkdir(exist_ok=True)
    data.iloc[:700].to_parquet(place / "0.parquet", index=False)
    data.iloc[700:].to_parquet(place / "1.parquet", index=False)
    return str(place)


class StoppedError(Exception):
    """What stops a fit in the middle of a pass."""


CASES = {
    "maximum likelihood": {},
    "lasso": {"penalty": lk.Lasso(0.01)},
    "Firth": {"penalty": lk.Jeffreys()},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("stop", [1, 3])
def test_a_restart_goes_on_and_ends_with_the_same_bits(case, stop, tmp_path, monkeypatch) -> None:
    data, folder = written(tmp_path / "rows"), tmp_path / "state"

    def fitted(**more):
        return lk.logit("y ~ x + C(g)", data, **CASES[case], **more)

    whole, over, begun = fitted(), Stream._over, []

    def stopping(self, info, task):
        begun.append(task)
        if len(begun) == stop:
            raise StoppedError
        return over(self, info, task)

    monkeypatch.setattr(Stream, "_over", stopping)
    with pytest.raises(StoppedError):
        fitted(checkpoint=folder)
    assert len(list(folder.glob("pass-*.npz"))) == stop  # the learning pass, and those before
    begun.clear()
    done, stop = stop, 10**6
    again = fitted(checkpoint=folder)
    assert len(begun) == whole.record.read.passes - done
    assert np.array_equal(again.record.coef, whole.record.coef)
    assert again.record.trace == whole.record.trace
    assert replace(again.record.read, n_kept=0) == replace(whole.record.read, n_kept=0)  # memory is of one process
    assert again.record.fingerprint == whole.record.fingerprint
    begun.clear()
    assert np.array_equal(fitted(checkpoint=folder).record.coef, whole.record.coef)
    assert not begun  # every pass is known


REFUSED = {
    "formula": {"formula": "y ~ x"},
    "penalty": {"penalty": lk.Ridge(0.1)},
    "model": {"link": "probit"},
    "level": {"level": 0.9},
    "weights": {"weights": "x"},
    "missing": {"missing": "raise"},
}


def test_a_path_goes_on_in_the_middle_of_its_runs(tmp_path, monkeypatch) -> None:
    data, folder, over, begun = written(tmp_path / "rows"), tmp_path / "state", Stream._over, []

    def solved(**more):
        return lk.path("y ~ x + C(g)", data, strengths=[0.1, 0.03, 0.01, 0.003, 0.001], **more).record

    whole, stop = solved(), 5

    def stopping(self, info, task):
        begun.append(task)
        if len(begun) == stop:
            raise StoppedError
        return over(self, info, task)

    monkeypatch.setattr(Stream, "_over", stopping)
    with pytest.raises(StoppedError):
        solved(checkpoint=folder)
    n_passes, stop = len(list(folder.glob("pass-*.npz"))), 10**6
    begun.clear()
    assert np.array_equal(solved(checkpoint=folder).coef, whole.coef)
    n_rest = len(begun)
    begun.clear()
    assert np.array_equal(solved(checkpoint=folder).coef, whole.coef)
    assert (n_passes, bool(n_rest), begun) == (5, True, [])


@pytest.mark.parametrize("name", REFUSED)
def test_a_checkpoint_of_another_fit_is_refused_by_name(name, tmp_path) -> None:
    data, folder = written(tmp_path / "rows"), tmp_path / "state"
    lk.logit("y ~ x + C(g)", data, checkpoint=folder)
    before = sorted(folder.iterdir())
    with pytest.raises(DataError, match=f"is of another fit: its {name} is"):
        lk.logit(**{"formula": "y ~ x + C(g)", "data": data, "checkpoint": folder, **REFUSED[name]})
    assert sorted(folder.iterdir()) == before


def test_a_checkpoint_of_other_data_or_another_version_is_refused(tmp_path) -> None:
    data, folder = written(tmp_path / "rows"), tmp_path / "state"
    lk.logit("y ~ x", data, checkpoint=folder)
    with pytest.raises(DataError, match="its data is"):
        lk.logit("y ~ x", written(tmp_path / "rows", seed=4), checkpoint=folder)
    header = folder / "checkpoint.json"
    data = written(tmp_path / "rows")
    header.write_text(json.dumps(json.loads(header.read_text()) | {"logitkit": "0.0"}))
    with pytest.raises(DataError, match=r"its logitkit is 0\.0"):
        lk.logit("y ~ x", data, checkpoint=folder)


def test_rows_of_a_function_are_compared_with_those_of_the_checkpoint(tmp_path) -> None:
    held = pd.read_parquet(written(tmp_path / "rows"))
    folder, shift = tmp_path / "state", 0.0

    def frames():
        for start in range(0, N, 400):
            yield held.iloc[start : start + 400].assign(x=lambda rows: rows["x"] + shift)

    lk.logit("y ~ x", frames, checkpoint=folder)
    max(folder.glob("pass-*.npz")).unlink()
    shift = 1.0
    with pytest.raises(DataError, match="others than in the first pass"):
        lk.logit("y ~ x", frames, checkpoint=folder)


@pytest.mark.parametrize("how", ["below a file", "no space", "other files"])
def test_a_folder_that_does_not_serve_is_refused_before_the_first_pass(how, tmp_path, monkeypatch) -> None:
    data, folder = written(tmp_path / "rows"), tmp_path / "state"
    if how == "below a file":
        (tmp_path / "file").write_text("")
        folder = tmp_path / "file" / "state"
    elif how == "other files":
        folder = tmp_path / "rows"
    else:

        def full(_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
    monkeypatch.setattr(build, "learn", lambda *_: pytest.fail("a pass was made"))
    with pytest.raises(DataError, match=r"cannot be written|holds other files"):
        lk.logit("y ~ x", data, checkpoint=folder)
    assert not list(tmp_path.rglob("*.part"))


def test_a_damaged_file_is_refused(tmp_path) -> None:
    data, folder = written(tmp_path / "rows"), tmp_path / "state"
    lk.logit("y ~ x", data, checkpoint=folder)
    (folder / "pass-0001.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"pass-0001\.npz cannot be read"):
        lk.logit("y ~ x", data, checkpoint=folder)
