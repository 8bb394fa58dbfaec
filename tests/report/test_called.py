"""Labels that are given once stand in every table, figure and report of a fit, and no raw name does."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.report.called import Called, in_print

RAW = re.compile(r"v_(age|lwt|race|low|ord|nom|group)|lv_[abc]|\bout[123]\b")
#: What stays as it is written: formulas, hypotheses, the calls of a report.
WRITTEN = re.compile(r"~|v_age = 0|lk\.fit|^v_age$")


def _labels() -> lk.labels:
    outcomes = {"out1": "mild", "out2": "moderate", "out3": "severe"}
    return lk.labels(
        {
            "v_age": "Age",
            "v_lwt": "Weight",
            "v_race": "Race",
            "v_low": "Low birth weight",
            "v_ord": "Grade",
            "v_nom": "Kind",
            "v_group": "Hospital",
        },
        levels={
            "v_race": {"lv_a": "White", "lv_b": "Black", "lv_c": "Other"},
            "v_ord": outcomes,
            "v_nom": outcomes,
        },
        units={"v_age": "years"},
    )


def _rows() -> pd.DataFrame:
    rng, n = np.random.default_rng(0), 200
    rows = pd.DataFrame(
        {
            "v_age": rng.normal(30, 6, n).round(1),
            "v_lwt": rng.normal(130, 25, n).round(),
            "v_race": rng.choice(["lv_a", "lv_b", "lv_c"], n),
            "v_group": rng.choice(list("stuv"), n),
        }
    )
    eta = -0.5 + 0.05 * (rows.v_age - 30) - 0.012 * (rows.v_lwt - 130) + 0.6 * (rows.v_race == "lv_b")
    latent = eta + rng.logistic(size=n)
    rows["v_low"] = (latent > 0).astype(int)
    rows["v_nom"] = np.where(latent < -0.8, "out1", np.where(latent < 0.6, "out2", "out3"))
    rows["v_ord"] = pd.Categorical(rows.v_nom, ["out1", "out2", "out3"], ordered=True)
    return rows


ROWS, RIGHT = _rows(), "v_age + v_lwt + v_race"
FITS = {
    "binary": lk.logit(f"v_low ~ {RIGHT}", ROWS, labels=_labels()),
    "ordinal": lk.ordinal(f"v_ord ~ {RIGHT}", ROWS, labels=_labels()),
    "nominal": lk.multinomial(f"v_nom ~ {RIGHT}", ROWS, labels=_labels()),
    "lasso": lk.logit(f"v_low ~ {RIGHT}", ROWS, labels=_labels(), penalty=lk.Lasso(0.01)),
}
AT = {"v_lwt": 130, "v_race": "lv_b"}
TABLES = {
    "summary": lambda fit: fit.summary({"v_age": 10}),
    "anova": lambda fit: fit.anova(3, "Wald"),
    "drop1": lambda fit: fit.drop1("Wald"),
    "add1": lambda fit: fit.add1("v_age:v_lwt"),
    "describe": lambda fit: fit.describe(),
    "equation": lambda fit: fit.equation(),
    "test": lambda fit: fit.test("v_age = 0"),
    "equivalence": lambda fit: fit.equivalence("v_age", -0.1, 0.1),
    "profile": lambda fit: fit.profile("v_age"),
    "effects": lambda fit: fit.effects(),
    "effects by level": lambda fit: fit.effects("v_age", by="v_race").between(),
    "means": lambda fit: fit.means("v_race", contrasts="pairwise"),
    "inverse": lambda fit: fit.inverse("v_age", 0.3, at=AT),
    "contrast": lambda fit: fit.contrast({"v_race": "lv_a"}, {"v_race": "lv_b"}),
    "discrimination": lambda fit: fit.discrimination(),
    "classification": lambda fit: fit.classification(),
    "calibration": lambda fit: fit.calibration(),
    "calibration by group": lambda fit: fit.calibration(by="v_group"),
    "hosmer_lemeshow": lambda fit: fit.hosmer_lemeshow(),
    "goodness_of_fit": lambda fit: fit.goodness_of_fit(),
    "box_tidwell": lambda fit: fit.box_tidwell(),
    "fragility": lambda fit: fit.fragility("v_age"),
    "leave_out": lambda fit: fit.leave_out("v_group"),
    "combine_tests": lambda fit: fit.combine_tests(),
    "proportional_odds_test": lambda fit: fit.proportional_odds_test(),
    "regression_table": lk.regression_table,
}
OF_VARIABLES = {"partial_residuals": "v_age", "added_variable": "v_age", "average_predictions": "v_race"}


def _raw(text: str) -> list[str]:
    return [line for line in text.splitlines() if RAW.search(line) and not WRITTEN.search(line.strip())]


def _texts(drawn: object) -> str:
    from matplotlib.text import Text

    figure = drawn if hasattr(drawn, "savefig") else drawn.get_figure()  # type: ignore[attr-defined]
    return "\n".join(text.get_text() for text in figure.findobj(Text))


@pytest.mark.parametrize("kind", FITS)
def test_no_table_of_a_fit_has_a_raw_name(kind: str) -> None:
    fit, found, n_shown = FITS[kind], {}, 0
    for name, verb in TABLES.items():
        try:
            result = verb(fit)
        except (lk.errors.LogitkitError, AttributeError):
            continue
        n_shown += 1
        found[name] = _raw(result.to_text(300))
    assert not {name: lines for name, lines in found.items() if lines}
    assert n_shown >= (8 if kind == "lasso" else 15)


@pytest.mark.parametrize("kind", ["binary", "nominal"])
def test_no_figure_of_a_fit_has_a_raw_name(kind: str) -> None:
    import matplotlib.pyplot as plt

    fit, found = FITS[kind], {}
    named = ("coefficients", "forest", "dfbetas", "nomogram", "calibration", "roc", *OF_VARIABLES)
    for name in named:
        try:
            drawn = getattr(fit.plot, name)(*([OF_VARIABLES[name]] if name in OF_VARIABLES else []))
        except lk.errors.LogitkitError:
            continue
        found[name] = _raw(_texts(drawn))
    for result in (fit.means("v_race"), fit.effects(), fit.profile("v_age" if kind == "binary" else "out2:v_age")):
        found[type(result).__name__] = _raw(_texts(result.plot()))
    plt.close("all")
    assert not {name: lines for name, lines in found.items() if lines}
    assert len(found) >= 8


@pytest.mark.usefixtures("figures_not_written")
@pytest.mark.parametrize("kind", ["binary", "ordinal"])
def test_no_text_of_a_report_has_a_raw_name(kind: str, tmp_path: object) -> None:
    page = FITS[kind].report(tmp_path / "page.html").read_text()  # type: ignore[operator]
    page = re.sub(r"<(script|style|svg).*?</\1>", "", page, flags=re.DOTALL)
    assert not _raw(re.sub(r"<[^>]*>", "\n", page))
    assert "Low birth weight" in page or "moderate" in page


def test_a_path_groups_and_a_cross_validation_take_labels_that_their_fits_have() -> None:
    import matplotlib.pyplot as plt

    formula, labels = f"v_low ~ {RIGHT}", _labels()
    path = lk.path(formula, ROWS, n_strengths=10, labels=labels)
    for one in (path, pickle.loads(pickle.dumps(path))):
        assert "Age" in str(one.summary())
        assert not _raw(str(one.summary()))
        assert not _raw(_texts(one.plot()))
    groups = lk.fit_by(formula, ROWS, "v_group", labels=labels)
    alone = lk.logit_by(formula, ROWS, "v_group", labels=labels)
    for text in (groups.summary(), groups.at("s").summary(), alone.summary()):
        assert "Hospital" in str(text) or "Age" in str(text)
        assert not _raw(text.to_text(200))
    chosen = lk.cross_validate(formula, ROWS, n_strengths=10, folds=3, labels=labels)
    assert "Race: Black" in str(chosen.best.summary())
    plt.close("all")


def test_labels_of_the_frame_reach_a_path_and_groups() -> None:
    rows = ROWS.copy()
    rows.attrs["variable_labels"] = {"v_age": "Age of the mother"}
    assert "Age of the mother" in str(lk.path(f"v_low ~ {RIGHT}", rows, n_strengths=10).summary())
    assert "Age of the mother" in lk.fit_by(f"v_low ~ {RIGHT}", rows, "v_group").summary().to_text(300)


def test_a_pickled_result_keeps_its_labels_and_frames_keep_names() -> None:
    found = FITS["binary"].means("v_race", contrasts="pairwise")
    assert "Black" in str(pickle.loads(pickle.dumps(found)))
    assert found.labels == (("lv_a",), ("lv_b",), ("lv_c",))
    assert list(found.to_frame().index) == ["lv_a", "lv_b", "lv_c"]
    assert FITS["binary"].profile("v_age").names == ("v_age",)


def test_labels_of_two_outcomes_that_are_the_same_keep_the_names_beside_them() -> None:
    same = lk.labels(levels={"v_nom": {"out1": "same", "out2": "same"}})
    text = str(FITS["nominal"].labelled(same).discrimination())
    assert "same [out1]" in text
    assert "same [out2]" in text


def test_levels_of_two_variables_are_told_apart_by_their_variable() -> None:
    called = Called({}, {"smoke": {"1": "smoker"}, "ht": {"1": "hypertension"}}, {})
    assert called.words("smoke[1 - 0]|ht=1") == "smoke[smoker - 0]|ht=hypertension"
    assert called.words("probability of ht = 1", prose=True) == "probability of ht = hypertension"


def test_words_of_a_sentence_that_are_names_of_variables_stay() -> None:
    called = Called({"rows": "Number of rows", "the": "Article"}, {}, {}, {"rows": "Number of rows", "the": "Article"})
    assert called.words("Average over the rows", prose=True) == "Average over the rows"
    assert called.words("effect of rows", prose=True) == "effect of Number of rows"
    assert called.words("y ~ rows") == "y ~ rows"


def test_what_is_no_result_is_returned_as_it_is() -> None:
    called = Called({"age": "Age"}, {}, {})
    for thing in (None, 3, "age", FITS["binary"].record):
        assert in_print(thing, called) is thing
