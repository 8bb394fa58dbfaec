"""The forest plot of several fits."""

from __future__ import annotations

import numpy as np
import pytest

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.report.forests import forest_of_several

FORMULAS = ("low ~ smoke", "low ~ smoke + race", "low ~ age + race + smoke + ht")


def fits() -> list[lk.Fit]:
    births = lk.datasets.load_lbw()
    return [lk.logit(formula, births) for formula in FORMULAS]


def test_each_mark_is_the_ratio_of_its_fit() -> None:
    every = fits()
    found = forest_of_several([fit.record for fit in every], ["a", "b", "c"])
    labels = [row.label for row in found.terms]
    assert sorted(labels) == sorted(["smoke", "race", "white (reference)", "black", "other", "age", "ht"])
    assert labels.index("race") < labels.index("white (reference)") < labels.index("black") < labels.index("other")
    for k, fit in enumerate(every):
        ratios = fit.odds_ratios()
        for name, label in (("smoke", "smoke"), ("race[T.black]", "black"), ("age", "age"), ("ht", "ht")):
            row = labels.index(label)
            known = name in ratios.index
            assert np.isnan(found.estimate[row, k]) != known
            if known:
                assert found.estimate[row, k] == pytest.approx(ratios.loc[name, "odds_ratio"])
                assert float(found.beside[row][k][0]) == pytest.approx(ratios.loc[name, "odds_ratio"], abs=6e-4)


def test_the_figure_has_a_legend_and_the_numbers_beside_it() -> None:
    ax = lk.plot_forest(*fits(), names=["crude", "with race", "all"], title="Low birth weight")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["crude", "with race", "all"]
    texts = [text.get_text() for text in ax.texts]
    assert {"Odds ratio", "95% interval", "2.022", "1.081 to 3.783"} <= set(texts)
    assert lk.plot_forest(fits()[0], ax=ax) is ax


def test_what_cannot_share_an_axis_is_refused() -> None:
    births = lk.datasets.load_lbw()
    one = fits()[0]
    with pytest.raises(DataError, match="it was given None"):
        lk.plot_forest()
    with pytest.raises(DataError, match="are not all different"):
        lk.plot_forest(one, one, names=["a", "a"])
    with pytest.raises(DataError, match=r"levels \[0.9, 0.95\]"):
        lk.plot_forest(one, lk.logit("low ~ smoke", births, level=0.9))
    with pytest.raises(UnsupportedError, match="several outcomes"):
        lk.plot_forest(one, lk.multinomial("race ~ age", births))
    with pytest.raises(UnsupportedError, match="cannot share an axis"):
        lk.plot_forest(one, lk.logit("low ~ smoke", births, link="log"))


def test_units_apply_to_the_fits_that_have_the_variable() -> None:
    every = fits()
    found = forest_of_several([fit.record for fit in every], ["a", "b", "c"], {"age": 10})
    row = [each.label for each in found.terms].index("age (per 10)")
    assert np.isnan(found.estimate[row, :2]).all()
    ten = every[2].odds_ratios().loc["age", "odds_ratio"] ** 10
    assert found.estimate[row, 2] == pytest.approx(ten)
    with pytest.raises(FormulaError, match="units names 'weight'"):
        lk.plot_forest(*every, units={"weight": 10})


def test_labels_may_name_rows_of_some_fits_only() -> None:
    every = fits()
    found = forest_of_several([fit.record for fit in every], ["a", "b", "c"], labels={"age": "Years", "race": "Origin"})
    labels = [each.label for each in found.terms]
    assert {"Years", "Origin"} <= set(labels)
    assert not {"age", "race"} & set(labels)
    with pytest.raises(FormulaError, match=r"labels names 'weight', which has no row\. The names are: smoke, .*age"):
        lk.plot_forest(*every, labels={"weight": "Weight"})


def test_reference_levels_have_a_hollow_mark_at_one_and_its_number() -> None:
    births = lk.datasets.load_lbw()
    crude, adjusted = (lk.logit(formula, births) for formula in ("low ~ C(race)", "low ~ C(race) + smoke"))
    ax = lk.plot_forest(crude, adjusted)
    names = [text.get_text().strip() for text in ax.get_yticklabels()]
    row = next(k for k, name in enumerate(names) if name.endswith("(reference)"))
    (hollow,) = [line for line in ax.get_lines() if line.get_fillstyle() == "none"]
    assert hollow.get_xdata().tolist() == [1.0]
    assert hollow.get_ydata().tolist() == [ax.get_yticks()[row]]
    assert [text.get_text() for text in ax.texts].count("1") == 2  # one for each fit
    (of_outcomes,) = [
        line
        for line in lk.multinomial("race ~ C(smoke)", births).plot.forest().get_lines()
        if line.get_fillstyle() == "none"
    ]
    assert of_outcomes.get_xdata().tolist() == [1.0]
