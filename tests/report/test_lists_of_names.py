"""Lists of levels can be read whatever the levels hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import LogitkitError, nearest_name, quoted_names
from logitkit.report.wording import name_list


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["bus", "tram, or metro"], "'bus', 'tram, or metro'"),
        (["bus", "tram"], "bus, tram"),
        (["a", ""], "'a', ''"),
        (["a ", "b"], "'a ', 'b'"),
        (["it's", "x,y"], "\"it's\", 'x,y'"),
        (["(0, 5]", "[5, 9)"], "(0, 5], [5, 9)"),
        (["C(g, contr.sum('a, b'))[T.x, y]", "age"], "C(g, contr.sum('a, b'))[T.x, y], age"),
        (["bus 8,136 (reference)", "car 1,200"], "bus 8,136 (reference), car 1,200"),
        (["'tram, or metro' 12", "'bus' 3"], "'tram, or metro' 12, 'bus' 3"),
        (["8,13", "b"], "'8,13', 'b'"),
    ],
)
def test_names_are_quoted_where_a_comma_would_mislead(names, shown):
    assert name_list(names) == shown


def test_only_names_that_are_shown_are_looked_at():
    assert name_list(["a", "b", "c, d"], most=2) == "a, b and 1 more"
    assert quoted_names([]) == []
    assert nearest_name("zzz", ["x, y", "w"]) == "The names are: 'x, y', 'w'."


@pytest.fixture(scope="module")
def trips() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    modes = np.array(["bus", "tram, or metro", "car"])
    regions = np.array(["east, inland", "east", "north"])
    data = pd.DataFrame({"mode": rng.choice(modes, 300), "region": rng.choice(regions, 300), "x": rng.normal(size=300)})
    return data.assign(y=rng.integers(0, 2, 300), z=data["x"].where(data.index > 3)).rename(columns={"z": "net, z"})


def test_facts_and_notes_of_fits_quote_their_levels(trips):
    fit = lk.multinomial("mode ~ x + C(region, contr.treatment('east, inland'))", trips)
    facts = {fact.label: fact.value for fact in fit.summary().facts}
    assert facts["Outcomes of mode"].startswith("'bus' ")
    assert "'tram, or metro' " in facts["Outcomes of mode"]
    assert any(note.endswith(": 'east, inland'.") for note in fit.summary().notes)
    binary = lk.logit("y ~ `net, z` + x", trips)
    assert any(note == "Rows dropped for missing values: 4 ('net, z' 4)." for note in binary.summary().notes)


def test_groups_of_two_keys_stand_in_brackets(trips):
    data = trips.assign(y=np.where((trips["region"] == "north") & (trips["mode"] == "car"), trips["x"] > 0, trips["y"]))
    warned = " ".join(lk.logit_by("y ~ x", data, by=["region", "mode"]).summary().warnings)
    assert "1 group ((north, car))" in warned
    with pytest.raises(LogitkitError, match="'east, inland'"):
        lk.logit_by("y ~ x", data, by="region").at("zzzzz")
