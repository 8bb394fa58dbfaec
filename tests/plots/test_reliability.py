"""The CORP reliability diagram as a picture."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from numpy.testing import assert_allclose

import logitkit as lk


def test_it_draws_the_rates_of_the_blocks_and_the_band():
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age + lwt + smoke", births[::2])
    _, ax = plt.subplots()
    assert fit.plot.reliability(births[1::2], ax, resamples=50) is ax
    found = fit.reliability(births[1::2], resamples=50)
    (line,) = [each for each in ax.lines if each.get_label() == "isotonic rate"]
    assert_allclose(line.get_ydata()[::2], found.observed)
    assert_allclose(line.get_xdata()[1::2], found.last)
    assert any("if predictions are right" in str(each.get_label()) for each in ax.collections)
    assert f"{found.brier.miscalibration:.4f}" in ax.texts[0].get_text()
    plt.close("all")


def test_the_calibration_figure_has_the_curve_with_its_band():
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age + lwt + smoke", births[::2])
    ax = fit.plot.calibration(births[1::2], curve="spline")
    (line,) = [each for each in ax.lines if each.get_label() == "curve (spline)"]
    curve = fit.calibration(births[1::2], curve="spline").curve
    inside = curve.predicted <= ax.get_xlim()[1]
    assert_allclose(line.get_xdata(), curve.predicted[inside])
    assert np.isfinite(np.asarray(line.get_ydata(), dtype=float)).any()
    plt.close("all")
