"""Reliability diagrams of bare logits are those of a fit, and of the rows of each outcome and group."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from tolerances import ROUTE

BIRTHS = lk.datasets.load_lbw()
FIT = lk.logit("low ~ age + lwt + smoke", BIRTHS[::2])
OTHER = BIRTHS[1::2]


def same(one, other):
    for name in ("first", "last", "observed", "n", "predicted", "low", "high"):
        assert_allclose(getattr(one, name), getattr(other, name), rtol=ROUTE, err_msg=name)
    for name in ("brier", "log_loss"):
        assert_allclose(getattr(one, name).miscalibration, getattr(other, name).miscalibration, atol=1e-12)


def test_a_diagram_of_logits_is_that_of_the_fit():
    logits, y = FIT.predict_logit(OTHER).to_numpy(), OTHER["low"].to_numpy()
    found = lk.logits.reliability(logits, y, resamples=50, seed=3)
    assert found.names == ("all rows",)
    same(found.diagrams[0], FIT.reliability(OTHER, resamples=50, seed=3))


def test_outcomes_and_groups_have_diagrams_of_their_own():
    rng = np.random.default_rng(5)
    logits = rng.normal(0.0, 2.0, (120, 3))
    y, group = rng.integers(0, 3, 120), np.tile(["a", "b"], 60)
    found = lk.logits.reliability(logits, y, of="class", groups=group, resamples=10)
    assert found.names[3:] == (
        "a, outcome 0",
        "a, outcome 1",
        "a, outcome 2",
        "b, outcome 0",
        "b, outcome 1",
        "b, outcome 2",
    )
    p = np.exp(logits[:, 1]) / np.exp(logits).sum(axis=1)
    rest = np.log(p / (1 - p))
    same(found.diagrams[7], lk.logits.reliability(rest[1::2], y[1::2] == 1, resamples=10).diagrams[0])
    assert found.to_frame()["rows"].tolist() == list(found.names)
    assert "Miscalibration" in str(found)
    figure = lk.logits.reliability(logits, y, groups=group, resamples=10).plot()
    assert [ax.get_title(loc="left") or ax.get_title() for ax in figure.axes[:3]] == ["all rows", "a", "b"]
    plt.close("all")


def test_weights_that_do_not_count_rows_leave_out_the_band():
    found = lk.logits.reliability([0.1, 0.4, -1.0], [0, 1, 0], weights=[0.5, 1, 2], resamples=10).diagrams[0]
    assert np.isnan(found.low).all()


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"of": "top"}, UnsupportedError, "is of"),
        ({"band": "none"}, DataError, "band"),
        ({"resamples": 1}, DataError, "10"),
    ],
)
def test_bad_options_say_what_is_wrong(how, error, words):
    with pytest.raises(error, match=words):
        lk.logits.reliability([0.1, 0.2], [0, 1], **how)
