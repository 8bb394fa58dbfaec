"""What R, Stata and SAS print, by their conventions: codings, signs of ordered outcomes, references, t of surveys.

R was run. Of SAS's examples 72.2 to 72.4 the data and the words were read in the guide; the figures of their tables are
recalled (but for the 1.6128 of the first additive, which the text names), and agree with the fits to the digits given.
"""

from __future__ import annotations

import io
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.estimators import LogitClassifier, OrdinalClassifier
from logitkit.models.conventions import CONVENTIONS, OURS, Conventions
from references.load import load_fixture
from tolerances import EXACT, REFERENCE, ROUTE

#: SAS/STAT 14.1 User's Guide, the LOGISTIC procedure, Example 72.2: Treatment, Sex, Age, Duration, Pain.
NEURALGIA = """P F 68 1 No B M 74 16 No P F 67 30 No P M 66 26 Yes B F 67 28 No B F 77 16 No A F 71 12 No B F 72 50 No
B F 76 9 Yes A M 71 17 Yes A F 63 27 No A F 69 18 Yes B F 66 12 No A M 62 42 No P F 64 1 Yes A F 64 17 No P M 74 4 No
A F 72 25 No P M 70 1 Yes B M 66 19 No B M 59 29 No A F 64 30 No A M 70 28 No A M 69 1 No B F 78 1 No P M 83 1 Yes
B F 69 42 No B M 75 30 Yes P M 77 29 Yes P F 79 20 Yes A M 70 12 No A F 69 12 No B F 65 14 No B M 70 1 No B M 67 23 No
A M 76 25 Yes P M 78 12 Yes B M 77 1 Yes B F 69 24 No P M 66 4 Yes P F 65 29 No P M 60 26 Yes A M 78 15 Yes
B M 75 21 Yes A F 67 11 No P F 72 27 No P F 70 13 Yes A M 75 6 Yes B F 65 7 No P F 68 27 Yes P M 68 11 Yes
P M 67 17 Yes B M 70 22 No A M 65 15 No P F 67 1 Yes A M 67 10 No P F 72 11 Yes A F 74 1 No B M 80 21 Yes A F 69 3 No"""
#: Example 72.3, McCullagh and Nelder (1989, p. 175): ratings from 1 to 9 of four additives.
CHEESE = """0 0 1 7 8 8 19 8 1
6 9 12 11 7 6 1 0 0
1 1 6 8 23 7 5 1 0
0 0 0 1 3 7 14 16 11"""
#: Example 72.4: school, program, and how many prefer self, team and class.
SCHOOLS = """1 regular 10 17 26
1 afternoon 5 12 50
2 regular 21 17 26
2 afternoon 16 12 36
3 regular 15 15 16
3 afternoon 12 12 20"""
FOUR_DIGITS = 6e-5  # SAS stops at a relative gradient of 1e-8, and its fourth digit may be one off


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    births = lk.datasets.load_lbw()
    return births.assign(w=1.0 + births["ftv"], s=births["id"] % 3, u=births["id"] % 30)


@pytest.fixture(scope="module")
def cheese() -> pd.DataFrame:
    counts = pd.read_csv(io.StringIO(CHEESE), sep=" ", header=None)
    rows = [(a + 1, y + 1, n) for a, row in counts.iterrows() for y, n in enumerate(row)]
    return pd.DataFrame(rows, columns=["additive", "y", "n"])


# Factors and the event.


def test_factors_of_sas_have_deviations_from_the_mean():
    """``class Treatment Sex; model Pain = Treatment Sex Treatment*Sex Age Duration``: P(Pain = No), 60 patients."""
    words = np.array(NEURALGIA.split()).reshape(-1, 5)
    table = pd.DataFrame(words, columns=["Treatment", "Sex", "Age", "Duration", "Pain"])
    table = table.astype({"Age": float, "Duration": float})
    formula = "Pain ~ Treatment * Sex + Age + Duration"
    fit = lk.logit(formula, table, conventions="sas")
    assert fit.outcomes == ("Yes", "No")
    printed = {
        "Intercept": (19.2236, 7.1315),
        "Treatment[S.A]": (0.8483, 0.5502),
        "Treatment[S.B]": (1.4949, 0.6622),
        "Sex[S.F]": (0.9173, 0.3981),
        "Age": (-0.2688, 0.0996),
        "Duration": (0.00523, 0.0333),
        "Treatment[S.A]:Sex[S.F]": (-0.2010, 0.5568),
        "Treatment[S.B]:Sex[S.F]": (0.0487, 0.5563),
    }
    assert list(fit.coef.index) == list(printed)
    assert_allclose(fit.coef, [estimate for estimate, _ in printed.values()], rtol=0, atol=FOUR_DIGITS)
    assert_allclose(fit.std_error, [error for _, error in printed.values()], rtol=0, atol=FOUR_DIGITS)
    text = " ".join(str(fit).split())
    assert "factors have deviations from the mean of their levels" in text
    assert "the event is the first level unless event= states another" in text
    stated = "Pain ~ C(Treatment, contr.sum) * C(Sex, contr.sum) + Age + Duration"
    assert_allclose(fit.coef, lk.logit(stated, table, event="No").coef, rtol=EXACT)
    # A stated coding goes before the conventions.
    assert "T.B" in "".join(lk.logit("Pain ~ C(Treatment, contr.treatment)", table, conventions="sas").coef.index)


def test_a_coding_by_conventions_is_kept(sample, tmp_path):
    fit = lk.logit("low ~ age + race + C(smoke)", sample, conventions="sas", event=1)
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    assert_allclose(loaded.predict(sample), fit.predict(), rtol=EXACT)
    assert str(loaded) == str(fit)
    ours = lk.logit("low ~ age + race + C(smoke)", sample)
    assert_allclose(fit.predict(), ours.predict(), rtol=ROUTE)
    assert_allclose(fit.effects().to_frame()["estimate"], ours.effects().to_frame()["estimate"], rtol=1e-7)  # slopes
    for test in ("LR", "Wald", "score"):
        mine, theirs = (each.anova(type=3, test=test).statistic for each in (fit, ours))
        assert_allclose(mine, theirs, rtol=1e-7)  # of refits
    assert_allclose(fit.add1("C(ht)").tests.statistic, ours.add1("C(ht)").tests.statistic, rtol=1e-7)  # as above
    grouped = lk.logit_by("low ~ age + C(ht)", sample, by="smoke", conventions="sas")
    assert_allclose(grouped[1].coef, grouped.coef.loc[1], rtol=ROUTE)
    assert_allclose(
        grouped.coef.loc[1], lk.logit("low ~ age + C(ht)", sample[sample["smoke"] == 1], conventions="sas").coef
    )
    assert grouped[1].conventions.name == "sas"
    text = " ".join(str(grouped.summary()).split())
    assert "Conventions of SAS: the event is the first level" in text
    assert "Event: low = 0 (against 1)." in text
    assert "Conventions of" not in str(lk.logit_by("low ~ age", sample, by="smoke").summary())


def test_a_penalty_leaves_coding_and_reference_but_not_the_event(sample):
    fit = lk.logit("low ~ age + race", sample, penalty=lk.Ridge(0.1), conventions="sas")
    ours = lk.logit("low ~ age + race", sample, penalty=lk.Ridge(0.1))
    assert fit.outcomes == ("1", "0")
    assert_allclose(fit.coef, -ours.coef, rtol=1e-6)  # to the tolerance of the solver
    text = " ".join(str(fit).split())
    assert "Conventions of SAS: the event is the first level" in text
    assert "deviations from the mean" not in text


def test_classes_of_estimators_follow_no_conventions(sample):
    visits = sample["ftv"].clip(upper=2)
    for estimator, labels in ((LogitClassifier("age + race"), sample["low"]), (OrdinalClassifier("age"), visits)):
        outside = estimator.fit(sample, labels).predict_proba(sample)
        with lk.conventions("sas"):
            inside = estimator.fit(sample, labels).predict_proba(sample)
        np.testing.assert_array_equal(inside, outside)


def test_paths_refuse_a_block_that_would_change_their_event(sample):
    with lk.conventions("sas"):
        for verb in (lk.path, lk.cross_validate):
            with pytest.raises(UnsupportedError, match=r"conventions of SAS.*model=Binary\(event=0\)"):
                verb("low ~ age + lwt", sample)
        assert lk.path("low ~ age + lwt", sample, model=lk.Binary(event=1), n_strengths=3).coef.shape[0] == 3
    with lk.conventions("r"):
        lk.path("low ~ age + lwt", sample, n_strengths=3)


# Signs of ordered outcomes.


def test_ordered_outcomes_of_sas_count_from_the_lowest(cheese):
    """``class Additive(ref='4') / param=ref; model y = Additive``: probabilities cumulated over the lower values."""
    fit = lk.ordinal("y ~ C(additive, contr.treatment(4))", cheese, weights="n", conventions="sas")
    intercepts = [-7.0801, -6.0249, -4.9254, -3.8568, -2.5205, -1.5685, -0.0669, 1.4930]
    of_intercepts = [0.5624, 0.4755, 0.4272, 0.3902, 0.3431, 0.3086, 0.2658, 0.3310]
    loose = 2e-4  # SAS stops early at thresholds with few ratings beyond them
    assert_allclose(fit.coef, [*intercepts, 1.6128, 4.9645, 3.3227], rtol=0, atol=loose)
    assert_allclose(fit.std_error, [*of_intercepts, 0.3778, 0.4741, 0.4251], rtol=0, atol=FOUR_DIGITS)
    assert "positive coefficients mean lower outcomes" in " ".join(str(fit).split())
    test = fit.proportional_odds_test()
    assert_allclose(test.statistic[0], 17.2866, atol=3e-4)  # SAS stops early, as above
    assert test.dof[0] == 21


def test_nominal_terms_of_clm_are_thresholds():
    """``clm(apply ~ gpa, nominal = ~ pared)`` of ordinal 2022.11.16."""
    table = load_fixture("ologit")
    options = {"order": ["unlikely", "somewhat likely", "very likely"], "nominal": "pared"}
    fit = lk.ordinal("apply ~ gpa + pared", table, conventions="r", **options)
    printed = [2.1798032622, 4.2602678777, 0.6048208668, -1.0651606858, -1.0057954985]
    assert_allclose(fit.coef, printed, rtol=1e-6)  # clm stops at a gradient of 1e-6
    assert "of nominal terms lower ones" in " ".join(str(fit).split())
    ours = lk.ordinal("apply ~ gpa + pared", table, **options)
    assert_allclose(fit.coef, ours.coef * [1, 1, 1, -1, -1], rtol=ROUTE)


def test_ordered_outcomes_of_stata_are_ours():
    """``ologit apply i.pared i.public gpa``: UCLA's page has pared 1.047664, public -.0586828, gpa .6157458."""
    fit = lk.ordinal(
        "apply ~ pared + public + gpa",
        load_fixture("ologit"),
        order=["unlikely", "somewhat likely", "very likely"],
        conventions="stata",
    )
    assert fit.coef.round(7).to_list()[2:] == [1.0476637, -0.0586828, 0.6157458]
    assert fit.coef.round(6).to_list()[:2] == [2.203323, 4.298767]


@pytest.mark.parametrize("link", ["logit", "cloglog", "loglog"])
@pytest.mark.parametrize("model", ["cumulative", "adjacent"])
def test_directions_are_one_model(sample, model, link):
    if model == "adjacent" and link != "logit":
        with pytest.raises(UnsupportedError, match="adjacent"):
            lk.ordinal("ftv ~ age", sample, model=model, link=link)
        return
    table = sample.assign(visits=sample["ftv"].clip(upper=2), z=np.linspace(-1, 1, len(sample)))
    higher = lk.ordinal("visits ~ age + offset(z)", table, model=model, link=link)
    lower = lk.ordinal("visits ~ age + offset(-z)", table, model=model, link=link, direction="lower")
    thresholds = -1.0 if model == "adjacent" else 1.0  # SAS compares an outcome with the next
    assert_allclose(lower.coef, higher.coef * [thresholds, thresholds, -1.0], rtol=1e-7)  # two iterations
    assert_allclose(lower.loglik, higher.loglik, rtol=ROUTE)
    assert_allclose(lower.predict(), higher.predict(), rtol=1e-7)  # two iterations
    assert_allclose(
        lower.effects().to_frame()["estimate"], higher.effects().to_frame()["estimate"], rtol=1e-6
    )  # differences
    odds = {"cumulative": ("P(Y <= k) / P(Y > k)", "up to a threshold"), "adjacent": ("the one above it",) * 2}
    assert link != "logit" or all(words in " ".join(str(lower).split()) for words in odds[model])
    ratios = {"cloglog": "Hazard ratio", "logit": "Odds ratio"}  # of the outcomes that a coefficient means
    assert (ratios.get(link, "no ratio") in str(lower)) == (link in ratios)


def test_directions_that_are_refused(sample):
    with pytest.raises(DataError, match="direction='upwards'"):
        lk.Ordinal(direction="upwards")
    with pytest.raises(UnsupportedError, match="'thresholds' cannot be combined with model='adjacent'"):
        lk.Ordinal("adjacent", direction="thresholds")
    assert lk.ordinal("ftv ~ age", sample, model="adjacent", conventions="r").model.direction == "higher"


# References.


def test_the_reference_of_sas_is_the_last_outcome():
    """``class School Program; model Style = School Program / link=glogit``, in the order of the data."""
    rows = pd.read_csv(io.StringIO(SCHOOLS), sep=" ", names=["school", "program", "self", "team", "class"])
    long = rows.melt(["school", "program"], var_name="style", value_name="n")
    long["style"] = pd.Categorical(long["style"], ["self", "team", "class"])
    long["program"] = pd.Categorical(long["program"], ["regular", "afternoon"])
    fit = lk.multinomial("style ~ C(school) + program", long, weights="n", conventions="sas")
    assert fit.reference == "class"
    assert fit.coef.round(4).to_dict("list") == {
        "self": [-0.7979, -0.7992, 0.2836, 0.3737],
        "team": [-0.6589, -0.2786, -0.0985, 0.3713],
    }
    assert "the reference is the last outcome" in " ".join(str(fit).split())


# Degrees of freedom.


def test_surveys_of_r_lose_the_coefficients(sample):
    """``summary(svyglm(low ~ age + lwt, svydesign(~u, strata = ~s, weights = ~w, nest = TRUE)))``, survey 4.1."""
    given = {"weights": "w", "survey": lk.Survey(strata="s", units="u")}
    fit = lk.logit("low ~ age + lwt", sample, conventions="r", **given)
    assert fit.record.law.dof == 25.0
    table = fit.tidy()
    assert_allclose(table["std_error"], [1.150009782946, 0.029504511698, 0.009003817905], rtol=REFERENCE)
    assert_allclose(table["p_value"], [0.009171862393, 0.002621646553, 0.126810998896], rtol=1e-6)  # of that t
    assert "less the coefficients but one" in " ".join(str(fit).split())
    for name in ("logitkit", "stata", "sas"):
        assert lk.logit("low ~ age + lwt", sample, conventions=name, **given).record.law.dof == 27.0
    with pytest.raises(DataError, match=r"conventions of R.*none are left"):
        lk.logit("low ~ age + lwt + ptl + ht", sample.assign(u=sample["id"] % 6), conventions="r", **given)


def test_sampling_weights_of_r_and_sas_have_t(sample):
    """``summary(svyglm(low ~ age + lwt, svydesign(~1, weights = ~w)))``, survey 4.1."""
    given = {"weights": "w", "weight_kind": "sampling", "event": 1}
    table = lk.logit("low ~ age + lwt", sample, conventions="r", **given).tidy()
    assert_allclose(table["std_error"], [1.13917388625, 0.03337138694, 0.00762238337], rtol=REFERENCE)
    assert_allclose(table["p_value"], [0.004848853788, 0.003538878162, 0.063663229837], rtol=1e-6)  # of that t
    laws = {
        name: lk.logit("low ~ age + lwt", sample, conventions=name, **given).record.law.dof
        for name in ("logitkit", "stata", "r", "sas")
    }
    assert laws == {"logitkit": np.inf, "stata": np.inf, "r": 186.0, "sas": 188.0}


def test_clusters_of_sas_have_t_and_their_factor(sample):
    """``proc surveylogistic; cluster u``: DF=DESIGN is clusters less one, and VADJUST=DF (n - 1) / (n - k)."""
    fit = lk.logit("low ~ age + lwt", sample, cluster="u", conventions="sas", event=1)
    assert fit.record.law.dof == 29.0
    after = lk.logit("low ~ age + lwt", sample, conventions="sas", event=1).robust("cluster", cluster="u")
    stated = lk.logit("low ~ age + lwt", sample).robust("cluster", cluster="u", correction="sas")
    assert_allclose(after.vcov, fit.vcov, rtol=ROUTE)
    assert_allclose(stated.vcov, fit.vcov, rtol=ROUTE)
    assert after.record.law.dof == stated.record.law.dof == 29.0
    assert np.isinf(lk.logit("low ~ age + lwt", sample, cluster="u", conventions="stata").record.law.dof)
    with pytest.raises(UnsupportedError, match="own degrees of freedom"):
        lk.logit_by("low ~ age", sample, by="smoke", cluster="u", conventions="sas")


def test_fractions_of_sas_have_no_factor(sample):
    """The factor is of SURVEYLOGISTIC, which has no fractions."""
    table = sample.assign(share=sample["bwt"] / 5000)
    sas, ours = (lk.logit("share ~ age", table, outcome="fraction", conventions=name) for name in ("sas", "logitkit"))
    assert_allclose(sas.vcov, ours.vcov, rtol=EXACT)
    assert "nothing differs here from those of logitkit" in " ".join(str(sas).split())


def test_surveys_of_sas_have_their_factor(sample):
    """The linearised covariance times (n - 1) / (n - k), VADJUST=DF."""
    given = {"weights": "w", "survey": lk.Survey(strata="s", units="u"), "event": 1}
    sas, ours = (lk.logit("low ~ age + lwt", sample, conventions=name, **given) for name in ("sas", "logitkit"))
    assert_allclose(sas.vcov, ours.vcov * 188 / 186, rtol=ROUTE)
    assert "(n - 1) / (n - k) with n = 189 and k = 3" in " ".join(str(sas).split())


def test_replicates_of_sas_deviate_from_the_estimate(sample):
    """Of 80 rows left out one at a time: (R - 1) / R times the squares about the estimate, with t on R."""
    few = sample.tail(80)
    left_out = (1 - np.eye(80)) * 80 / 79
    given = {"weights": "w", "survey": lk.Survey(replicates=left_out * few[["w"]].to_numpy(), kind="JK1"), "event": 1}
    sas, ours = (lk.logit("low ~ age", few, conventions=name, **given) for name in ("sas", "stata"))
    each = [
        lk.logit("low ~ age", few.drop(row), weights="w", weight_kind="precision").coef - ours.coef for row in few.index
    ]
    away = np.array(each)
    assert_allclose(sas.vcov, 79 / 80 * away.T @ away, rtol=1e-6)  # refits to the tolerance of the solver
    centred = away - away.mean(axis=0)
    assert_allclose(ours.vcov, 79 / 80 * centred.T @ centred, rtol=1e-6)  # as above
    assert (sas.record.law.dof, ours.record.law.dof) == (80.0, 79.0)
    assert "replicates deviate from the estimate" in " ".join(str(sas).split())


# The page.

#: For each question the row of docs/conventions.md that it has, and the test of its figures.
ROWS = {
    "binary_information": ("information of links of two outcomes", "test_information_of_other_links_is_observed"),
    "ordered_information": ("information of ordered outcomes", "test_information_of_ordered_outcomes_is_expected"),
    "event": ("event of two levels", "test_the_event_of_sas_is_the_first_level"),
    "reference": ("reference of several outcomes", "test_the_reference_of_sas_is_the_last_outcome"),
    "factors": ("coding of factors", "test_factors_of_sas_have_deviations_from_the_mean"),
    "direction": ("signs of ordered outcomes", "test_ordered_outcomes_of_sas_count_from_the_lowest"),
    "parallel_information": ("score test of proportional odds", "test_ordered_outcomes_of_sas_count_from_the_lowest"),
    "hosmer_lemeshow": ("Hosmer-Lemeshow groups", "test_groups_of_sas_are_those_that_it_prints"),
    "bic_n": ("$n$ of BIC of counts", "test_bic_of_sas_counts_trials"),
    "counts_parameters": ("factor of sandwiches", "test_sandwiches_of_sas_count_parameters"),
    "cluster_dof": ("statistics under clusters", "test_clusters_of_sas_have_t_and_their_factor"),
    "sampling_dof": ("statistics under sampling weights", "test_sampling_weights_of_r_and_sas_have_t"),
    "survey_dof": ("statistics of a survey", "test_surveys_of_r_lose_the_coefficients"),
    "replicates_about": ("deviations of replicates", "test_replicates_of_sas_deviate_from_the_estimate"),
    "replicates_dof": ("degrees of freedom of replicate weights", "test_replicates_of_sas_deviate_from_the_estimate"),
    "dispersion_by_t": ("tests after `dispersion=`", "test_conventions_without_t_keep_the_errors"),
}


def test_every_question_has_a_row_and_a_test():
    asked = [field.name for field in fields(Conventions) if field.name not in ("name", "title")]
    assert list(ROWS) == asked
    root = Path(__file__).parents[2]
    page = (root / "docs" / "conventions.md").read_text(encoding="utf-8")
    table = page.split("## Conventions of R, Stata and SAS")[1].split("\n\n*The event*")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| question")]
    assert len(rows) == len(asked)
    source = "".join(path.read_text(encoding="utf-8") for path in (root / "tests").rglob("test_*.py"))
    for (start, test), row in zip(ROWS.values(), rows, strict=True):
        assert row.startswith(f"| {start}")
        assert f"def {test}" in source
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 5
        assert sum("`" in cell for cell in cells[2:]) >= 2  # the command there


def test_every_answer_has_words():
    for chosen in CONVENTIONS.values():
        assert all(chosen.said(question) for question in ROWS)
    assert OURS.differing == ()
