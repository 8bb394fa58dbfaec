"""One card by every door: the function, the classifier, the encoder and the command line give the same bits."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import logitkit as lk
from logitkit.cli.command import main
from logitkit.estimators import ScorecardClassifier, WoeEncoder

VARIABLES = ["income", "debts", "grade", "owner"]


def applicants(seed: int, n: int) -> pd.DataFrame:
    """Numbers with gaps and special values, text with gaps and quotes, booleans."""
    rng = np.random.default_rng(seed)
    income = rng.lognormal(3, 1, n)
    debts = np.where(rng.uniform(size=n) < 0.1, -9.0, rng.integers(0, 12, n))
    grade = rng.choice(np.array(["A", "B's", 'C "x"', "ü, é"], dtype=object), n)
    logit = 0.5 - 0.1 * income + 0.1 * debts + (grade == "A")
    data = pd.DataFrame({"income": income, "debts": debts, "grade": grade, "owner": rng.uniform(size=n) < 0.5})
    data["status"] = np.where(rng.uniform(size=n) < 1 / (1 + np.exp(-logit)), "bad", "good")
    data.loc[rng.uniform(size=n) < 0.1, ["income", "grade"]] = None
    return data


@pytest.mark.parametrize("rounded", [True, False])
def test_every_door_gives_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rounded: bool
) -> None:
    old, new = applicants(1, 600), applicants(2, 50)
    special = lk.scorecard.Bins(special=[-9])
    bins = {name: special if name in ("income", "debts") else lk.scorecard.Bins() for name in VARIABLES}
    scaling = lk.scorecard.Scaling(rounded=rounded)
    card = lk.scorecard("status ~ .", old, event="bad", bins=bins, scaling=scaling)
    expected = card.score(new)
    assert card.card.names == tuple(VARIABLES)

    X, y = old[VARIABLES], old["status"]
    model = ScorecardClassifier(bins=bins, scaling=scaling, bad="bad").fit(X, y)
    assert model.scorecard_.score(new).equals(expected)
    frames: list[Any] = [new, new.astype(object), new.assign(owner=new["owner"].astype("boolean")), pl.from_pandas(new)]
    frames += [pa.Table.from_pandas(new), {name: new[name].tolist() for name in new}, new.to_records(index=False)]
    for frame in frames:
        assert card.score(frame).to_numpy().tolist() == expected.to_numpy().tolist()
        if hasattr(frame, "columns"):
            columns = frame[VARIABLES] if not isinstance(frame, pa.Table) else frame.select(VARIABLES)
            assert model.points(columns).tolist() == expected["points"].tolist()
            assert model.decision_function(columns).tolist() == (-expected["log_odds"]).tolist()

    encoder = WoeEncoder(bins=bins, bad="bad").fit(X, y)
    woe = encoder.transform(new[VARIABLES])
    coef = np.array([variable.coef for variable in card.card.variables])
    points = -scaling.factor * (coef * woe)
    by_variable = card.points(new).to_numpy()
    assert (np.round(points) + 0.0 if rounded else points).tolist() == by_variable.tolist()
    log_odds = np.full(len(new), card.card.intercept)
    for j, slope in enumerate(coef):
        log_odds += slope * woe[:, j]
    assert log_odds.tolist() == expected["log_odds"].tolist()

    monkeypatch.chdir(tmp_path)
    for kind in ("csv", "parquet"):
        for name, data in (("old", old), ("new", new)):
            data.to_csv(f"{name}.csv", index=False) if kind == "csv" else data.to_parquet(f"{name}.parquet")
        exact = [] if rounded else ["--exact"]
        fit = ["fit", "status ~ .", f"old.{kind}", "--event", "bad", "--special", "-9", "--save", f"{kind}.json"]
        assert main(["scorecard", *fit, *exact]) == 0
        capsys.readouterr()
        assert main(["scorecard", "score", f"{kind}.json", f"new.{kind}"]) == 0
        printed = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        assert [[float(row[name]) for name in expected] for row in printed] == expected.to_numpy().tolist()
