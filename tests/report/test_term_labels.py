"""What coefficients and terms are called where variables have labels."""

from __future__ import annotations

import pytest

import logitkit as lk
from logitkit.report.forest import coefficient_forest
from logitkit.report.term_labels import shown_names, term_label

BIRTHS = lk.datasets.load_lbw()
NAMED = lk.labels(
    {"lwt": "Mother's weight", "race": "Race", "age": "Age", "I(age ** 3)": "Age cubed"},
    levels={"race": {"white": "White", "black": "Black"}, "smoke": {1: "smoker"}},
    units={"lwt": "lb", "age": "years"},
)


@pytest.mark.parametrize(
    ("terms", "shown"),
    [
        ("lwt", ["Mother's weight (lb)"]),
        ("np.log(lwt)", ["log(Mother's weight)"]),
        ("I(lwt ** 2)", ["(Mother's weight)^2"]),
        ("I(age ** 2)", ["Age^2"]),
        ("I(age ** 3)", ["Age cubed"]),
        ("I(lwt / age)", ["(Mother's weight) / Age"]),
        ("C(race)", ["Race: Black", "Race: other"]),
        ("race:age", ["Race: White * Age", "Race: Black * Age", "Race: other * Age"]),
        ("C(smoke, contr.treatment(0))", ["smoke: smoker"]),
        ("bs(age, df=3)", ["Age (B-spline) 1", "Age (B-spline) 2", "Age (B-spline) 3"]),
    ],
)
def test_labels_of_columns(terms: str, shown: list[str]) -> None:
    info = lk.logit(f"low ~ {terms}", BIRTHS, labels=NAMED).record.info
    names = shown_names(info)
    assert [name for name in names if name != "Intercept"] == shown


def test_without_labels_names_are_those_of_the_coefficients() -> None:
    fit = lk.logit("low ~ bs(age, df=3) + C(race) * lwt", BIRTHS)
    assert shown_names(fit.record.info) == list(fit.coef.index)


def test_variables_of_one_label_stay_apart() -> None:
    info = lk.logit("low ~ age + lwt", BIRTHS, labels={"age": "Size", "lwt": "Size"}).record.info
    assert shown_names(info) == ["Intercept", "Size [age]", "Size [lwt]"]


def test_levels_that_hold_colons_and_brackets_are_not_divided() -> None:
    data = {"y": [0, 1, 0, 1, 1, 0, 1, 0], "g": ["a:b", "c[d]"] * 4, "x": [1.0, 2, 3, 4, 5, 6, 7, 9]}
    info = lk.logit("y ~ g * x", data, labels={"g": "Group"}).record.info
    assert shown_names(info)[1:] == ["Group: c[d]", "x", "Group: c[d] * x"]
    assert term_label(info, "g:x") == "Group * x"


def test_a_forest_has_the_labels_of_its_fit() -> None:
    fit = lk.logit("low ~ lwt + race", BIRTHS, labels=NAMED)
    rows = [row.label for row in coefficient_forest(fit.record, {"lwt": 10}).terms]
    assert rows == ["Mother's weight (per 10 lb)", "Race", "White (reference)", "Black", "other"]
    given = coefficient_forest(fit.record, labels={"lwt": "W"}).terms
    assert given[0].label == "W"


def test_every_family_is_summarised_with_labels() -> None:
    for fit in (
        lk.multinomial("race ~ lwt + smoke", BIRTHS, labels={"lwt": "Weight"}),
        lk.ordinal("ftv ~ lwt", BIRTHS.assign(ftv=BIRTHS["ftv"].clip(upper=2)), labels={"lwt": "Weight"}),
        lk.logit("low ~ lwt + smoke", BIRTHS, penalty=lk.Ridge(0.1), labels={"lwt": "Weight"}),
        lk.multinomial("race ~ lwt + smoke", BIRTHS, penalty=lk.Ridge(0.1), labels={"lwt": "Weight"}),
    ):
        assert "Weight" in str(fit.summary())
        assert "lwt" in fit.tidy().to_string()


def test_tests_of_terms_print_labels_and_keep_names() -> None:
    fit = lk.logit("low ~ lwt + race * smoke", BIRTHS, labels=NAMED)
    for found, labels in ((fit.anova(), fit.anova().labels), (fit.drop1(), fit.drop1().tests.labels)):
        assert "Race * smoke" in str(found)
        assert "race:smoke" in labels
    assert "Mother's weight (lb)" in str(fit.add1("age + lwt:smoke")) or "Age (years)" in str(fit.add1("age"))


def test_effects_print_and_draw_labels_and_keep_names() -> None:
    pytest.importorskip("matplotlib")
    found = lk.logit("low ~ lwt + race + smoke", BIRTHS, labels=NAMED).effects(["lwt", "race"], by="smoke")
    text = found.to_markdown()
    for words in ("Mother's weight (lb)", "Race", "Black - White", "smoker"):
        assert words in text
    assert "lwt" in found.to_frame().to_string()
    import matplotlib.pyplot as plt

    ticks = [label.get_text() for label in found.plot().get_yticklabels()]
    plt.close("all")
    assert any(text.startswith("Race") for text in ticks)
