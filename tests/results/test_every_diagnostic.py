"""Every verb of diagnostics: what it returns is a table, or makes one and draws what the fit draws by its name."""

from __future__ import annotations

import inspect

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.results.diagnosed.calibration_verbs import CalibrationVerbs
from logitkit.results.diagnosed.decision_verbs import DecisionVerbs
from logitkit.results.diagnosed.discrimination_verbs import DiscriminationVerbs
from logitkit.results.diagnosed.goodness_verbs import GoodnessVerbs
from logitkit.results.diagnosed.residual_verbs import ResidualVerbs

MIXINS = (CalibrationVerbs, DecisionVerbs, DiscriminationVerbs, GoodnessVerbs, ResidualVerbs)
VERBS = sorted(
    name for kind in MIXINS for name, verb in vars(kind).items() if inspect.isfunction(verb) and name[0] != "_"
)
BIRTHS = lk.datasets.load_lbw()
FIT = lk.logit("low ~ age + lwt + smoke", BIRTHS)
ARGUMENTS = {
    "decision_curve": {"n": 100},
    "fragility": {"name": "smoke"},
    "partial_auc": {"fpr": (0, 0.2)},
    "reclassification": {"other": lk.logit("low ~ age", BIRTHS)},
    "reliability": {"resamples": 20},
    "roc_test": {"other": lk.logit("low ~ age", BIRTHS)},
    "simulated_residuals": {"n": 50},
    "thresholds": {"n": 0},
}
#: Figures that go by another name than the verb whose result they show.
DRAWN = {"discrimination": "roc", "gains": "cap"}


def _asked(verb: str) -> object:
    asked = getattr(FIT, verb)
    given = {
        name: each for name, each in ARGUMENTS.get(verb, {}).items() if name in inspect.signature(asked).parameters
    }
    return asked(**given)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ("recalibrate", "update")])
def test_a_result_makes_a_table_and_draws_what_the_fit_draws(verb: str) -> None:
    found = _asked(verb)
    if isinstance(found, pd.DataFrame | pd.Series | np.ndarray):
        return
    frame = found.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert len(frame)
    if hasattr(type(FIT.plot), DRAWN.get(verb, verb)):
        plt.close("all")
        drawn = found.plot()
        assert drawn.get_figure() if hasattr(drawn, "get_figure") else drawn.axes
        plt.close("all")


def test_several_outcomes_stand_one_after_another() -> None:
    fit = lk.multinomial("race ~ age + lwt", BIRTHS)
    groups, curves = fit.hosmer_lemeshow().to_frame(), fit.discrimination().to_frame()
    assert groups.groupby("outcome")["expected"].sum().round(6).to_dict() == {
        "black": 26.0,
        "other": 67.0,
        "white": 96.0,
    }
    assert set(curves["outcome"]) == {"black", "other", "white"}
    found = fit.calibration()
    bins = found.to_frame()
    assert np.isclose(bins.loc[bins["outcome"] == "other", "n"].sum(), 189)
    assert fit.classification().to_frame().to_numpy().sum() == 189
    _, ax = plt.subplots()
    assert found.plot(ax=ax, outcomes=["other"]) is ax
    with pytest.raises(lk.errors.UnsupportedError, match="no outcome 'othr'"):
        found.plot(outcomes=["othr"])
    plt.close("all")
