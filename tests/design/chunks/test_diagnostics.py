"""What is said of the rows of a fit is, of rows that are read in chunks, what it is of rows that are held."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from tests.design.chunks.alike import equal, without_vectors

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.plots import residuals

pytestmark = pytest.mark.usefixtures("chunks_of_64")

FITS: dict[str, tuple[str, dict[str, Any]]] = {
    "event": ("y ~ x + C(g)", {}),
    "frequency weights": ("y ~ x", {"weights": "w"}),
    "sampling weights": ("y ~ x + C(g)", {"weights": "v", "weight_kind": "sampling"}),
    "clusters": ("y ~ x", {"cluster": "firm"}),
    "counts": ("cbind(events, rest) ~ x", {}),
    "offset": ("y ~ x", {"offset": "shift"}),
    "probit": ("y ~ x", {"model": lk.Binary(link="probit")}),
    "ordered": ("o ~ g", {"model": lk.Ordinal(order=["low", "mid", "top"]), "weights": "w"}),
    "multinomial": ("o ~ x + z", {"model": lk.Multinomial()}),
}
QUICK = ("event", "multinomial")


def slow(name: str) -> Any:
    return pytest.param(name, marks=pytest.mark.slow)


EVERY = [name if name in QUICK else slow(name) for name in FITS]


def pair(name: str, small: pd.DataFrame, files: str) -> tuple[lk.Fit, lk.Fit]:
    formula, options = FITS[name]
    held, read = (lk.fit(formula, data, **options) for data in (small, files))
    return held, without_vectors(read)


@pytest.mark.parametrize("name", EVERY)
def test_calibration_of_rows_in_chunks(name: str, small: pd.DataFrame, files: str) -> None:
    held, read = pair(name, small, files)
    equal(held.calibration(bins=7), read.calibration(bins=7), rtol=1e-9)


@pytest.mark.parametrize("name", ["multinomial", slow("ordered")])
def test_areas_of_several_outcomes_in_chunks(name: str, small: pd.DataFrame, files: str) -> None:
    held, read = pair(name, small, files)
    equal(held.discrimination(), read.discrimination())


TABLES: dict[str, Any] = {
    "residuals": lambda fit, **to: fit.residuals("pearson", **to),
    "influence": lambda fit, **to: fit.influence(**to),
    "outcome_influence": lambda fit, **to: fit.outcome_influence(**to),
    "augment": lambda fit, **to: fit.augment(**to),
}


@pytest.mark.parametrize("name", [slow("event"), "multinomial"])
def test_tables_of_rows_are_written_block_by_block(name: str, small: pd.DataFrame, files: str, tmp_path: Path) -> None:
    formula, options = FITS[name]
    held, read = (lk.fit(formula, data, **options) for data in (small, files))
    tables = {verb: (ask(held), ask(read)) for verb, ask in TABLES.items()}
    without_vectors(read)
    for verb, ask in TABLES.items():
        expected, gathered = tables[verb]
        assert type(gathered) is type(expected)
        pd.testing.assert_frame_equal(pd.DataFrame(gathered), pd.DataFrame(expected), rtol=1e-9)
        with pytest.raises(UnsupportedError, match=rf"write it block by block, {verb}\(to='folder/'\)"):
            ask(read)
        place = ask(read, to=tmp_path / verb, keys=["firm", "x"])
        assert len(list(place.iterdir())) == 5  # chunks of 64 rows
        found = pd.concat([pd.read_parquet(each) for each in sorted(place.iterdir())], ignore_index=True)
        assert (found["x"] == small["x"].loc[expected.index.get_level_values(0)].to_numpy()).all()
        table = pd.DataFrame(expected).reset_index(drop=True)
        for column in table:
            one, other = table[column], found[str(column)]
            if not pd.api.types.is_numeric_dtype(one.dtype):
                one, other = one.astype(str), other.astype(str)
            pd.testing.assert_series_equal(other, one, check_names=False, rtol=1e-9)
        with pytest.raises(DataError, match="exists"):
            ask(read, to=tmp_path / verb)
    written = pd.read_parquet(held.influence(to=tmp_path / "held"))
    assert written["row"].tolist() == held.influence().index.tolist()
    with pytest.raises(DataError, match="give to="):
        held.augment(keys="x")
    with pytest.raises(DataError, match="no column 'unknown'"):
        held.augment(to=tmp_path / "none", keys="unknown")
    assert not (tmp_path / "none").exists()


def test_predictions_of_the_own_rows_are_coded_once(small: pd.DataFrame, files: str) -> None:
    held, read = (lk.multinomial("o ~ x + z", data) for data in (small, files))
    before = read.design.stream.passes.count
    for verb in ("predict", "predict_logit", "predict_link", "predictions"):
        one, other = getattr(held, verb)(), getattr(read, verb)()
        pd.testing.assert_frame_equal(pd.DataFrame(other), pd.DataFrame(one), rtol=1e-9)
    assert read.design.stream.passes.count == before + 4
    object.__setattr__(read.design.stream, "memory", 1_000)
    with pytest.raises(UnsupportedError, match="to='scores/'"):
        read.predictions()


@pytest.mark.parametrize("name", ["event", slow("multinomial")])
def test_the_most_influential_rows_take_one_pass(
    name: str, small: pd.DataFrame, files: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, read = pair(name, small, files)
    whole = held.influence()
    before = read.design.stream.passes.count
    found = read.influence(largest=7)
    assert read.design.stream.passes.count == before + 2  # one tells that the rows are those of the fit
    expected = whole.loc[whole["cooks_distance"].sort_values(ascending=False, kind="stable").index[:7]]
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(expected), rtol=1e-9, check_names=False)
    pd.testing.assert_frame_equal(pd.DataFrame(held.influence(largest=7)), pd.DataFrame(expected), check_names=False)
    with pytest.raises(DataError, match="largest=0"):
        held.influence(largest=0)
    monkeypatch.setattr(residuals, "DRAWN_MOST", 40)
    outcome = None if name == "event" else "mid"
    one, other = (fit.plot.residuals(outcome=outcome) for fit in (held, read))
    points = [sorted(map(tuple, ax.collections[0].get_offsets().tolist())) for ax in (one, other)]
    assert len(points[0]) == 40
    np.testing.assert_allclose(points[1], points[0], rtol=1e-9)
    assert [text.get_text() for text in one.texts] == [text.get_text() for text in other.texts]
    plt.close("all")
