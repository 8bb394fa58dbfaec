"""Labels: what users and tables state, which goes before which, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import logitkit as lk
from logitkit.design.labels import NO_LABELS, Labels, labels_of_table
from logitkit.errors import DataError, FormulaError, LogitkitError

BIRTHS = lk.datasets.load_lbw()
NAMED = lk.labels(
    {"lwt": "Weight of the mother", "race": "Race", "low": "Low birth weight"},
    levels={"race": {"black": "Black"}},
    units={"lwt": "lb"},
)


def test_what_is_stated_goes_before_what_the_table_says() -> None:
    frame = BIRTHS.copy()
    frame.attrs |= {"variable_labels": {"age": "AGE", "lwt": "LWT"}, "value_labels": {"smoke": {1: "yes"}}}
    info = lk.logit("low ~ age + lwt + C(smoke)", frame, labels={"lwt": "Weight"}).record.info
    assert (info.labels.of("age"), info.labels.of("lwt")) == ("AGE", "Weight")
    assert info.labels.level("smoke", 1) == "yes"
    assert "id" not in info.labels.variables  # what is not in the model is not kept with it


def test_labels_of_arrow_are_in_the_metadata_of_its_fields() -> None:
    arrow = pytest.importorskip("pyarrow")
    field = arrow.field("age", arrow.int64(), metadata={"label": "Age of the mother", "unit": "years"})
    table = arrow.table({"age": [20, 30]}).cast(arrow.schema([field]))
    assert labels_of_table(table).with_unit("age") == "Age of the mother (years)"
    assert labels_of_table({"age": [1]}) == NO_LABELS


def test_a_saved_fit_has_its_labels(tmp_path: Path) -> None:
    fit = lk.logit("low ~ lwt + race", BIRTHS, labels=NAMED)
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    assert loaded.record.info.labels == NAMED
    assert str(loaded.summary()) == str(fit.summary())
    plain = json.loads(lk.logit("low ~ lwt", BIRTHS).save(tmp_path / "plain.json").read_text())
    assert "labels" not in plain


def test_a_file_with_labels_that_are_no_text_is_refused(tmp_path: Path) -> None:
    path = lk.logit("low ~ lwt", BIRTHS, labels={"lwt": "Weight"}).save(tmp_path / "fit.json")
    packed = json.loads(path.read_text())
    packed["labels"]["variables"] = [["lwt", 3]]
    path.write_text(json.dumps(packed))
    with pytest.raises(LogitkitError):
        lk.load(path)


def test_names_stay_where_numbers_are_asked_for() -> None:
    fit = lk.logit("low ~ lwt + race", BIRTHS, labels=NAMED)
    plain = lk.logit("low ~ lwt + race", BIRTHS)
    pd.testing.assert_frame_equal(fit.tidy(), plain.tidy())
    assert fit.test("race").p_value == plain.test("race").p_value
    assert fit.labelled({"lwt": "W"}).record.info.labels.of("race") == "Race"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"lwtt": "Weight"}, "labels names 'lwtt', which is not a column of the data. Did you mean 'lwt'"),
        (lk.labels(units={"agee": "years"}), "labels names 'agee'"),
        (lk.labels(levels={"race": {1: "white"}}), "labels has levels of 'race' such as '1', none of which it has"),
    ],
)
def test_labels_of_what_does_not_exist_name_the_nearest(labels: Labels, message: str) -> None:
    with pytest.raises(FormulaError, match=message.replace("(", r"\(")):
        lk.logit("low ~ lwt + race", BIRTHS, labels=labels)
    with pytest.raises(FormulaError, match="labels"):
        lk.logit("low ~ lwt + race", BIRTHS).labelled(labels)


def test_a_loaded_fit_knows_the_variables_of_its_formula(tmp_path: Path) -> None:
    loaded = lk.load(lk.logit("low ~ lwt", BIRTHS).save(tmp_path / "fit.json"))
    with pytest.raises(FormulaError, match=r"'lwtt', which is not a variable of the model\. Did you mean 'lwt'"):
        loaded.labelled({"lwtt": "Weight"})


@pytest.mark.parametrize("stated", [{"variables": 3}, {"levels": {"race": "x"}}, {"units": {"lwt": 2.2}}])
def test_what_is_no_text_is_refused(stated: dict[str, object]) -> None:
    with pytest.raises(DataError, match=r"lk\.labels"):
        lk.labels(**stated)  # type: ignore[arg-type]


def test_columns_of_the_data_that_are_not_in_the_model_may_be_labelled() -> None:
    fit = lk.logit("low ~ age", BIRTHS, labels=NAMED)
    assert fit.record.info.labels == NAMED


def test_a_ready_matrix_labels_its_columns() -> None:
    fit = lk.logit_matrix(BIRTHS[["age", "lwt"]].assign(Intercept=1.0), BIRTHS["low"], labels={"lwt": "Weight"})
    assert "Weight" in str(fit.summary())
