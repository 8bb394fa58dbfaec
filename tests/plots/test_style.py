"""What all figures share: no global state, any backend, the caller's Axes."""

from __future__ import annotations

import io
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from logitkit.plots.calibration import plot_calibration
from logitkit.plots.forest import Forest, plot_forest
from logitkit.plots.residuals import plot_residuals
from logitkit.plots.roc import plot_roc
from logitkit.plots.style import ACCENT, GUIDE, INK, MUTED, PRIMARY
from logitkit.plots.term_rows import TermRow

ONES = np.ones((2, 1))
TWO_ROWS = Forest((TermRow("a"), TermRow("a")), ONES, 0.5 * ONES, 2.0 * ONES, numbers=(("1.000", "0.5 to 2.0"),) * 2)
FIGURES = {
    "roc": lambda drawn, ax: plot_roc(drawn.roc, ax),
    "calibration": lambda drawn, ax: plot_calibration(drawn.calibration, ax),
    "residuals": lambda drawn, ax: plot_residuals(drawn.influence, ax),
    "forest": lambda drawn, ax: plot_forest(TWO_ROWS, ax),
}


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_every_figure_is_written_in_every_format(drawn, name, form):
    ax = FIGURES[name](drawn, None)
    buffer = io.BytesIO()
    ax.figure.savefig(buffer, format=form)
    assert buffer.getbuffer().nbytes > 1_000


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_where_the_caller_says(drawn, name):
    figure = Figure()
    ax = figure.add_subplot(1, 2, 1)
    assert FIGURES[name](drawn, ax) is ax
    figure.canvas.draw()


@pytest.mark.parametrize("name", FIGURES)
def test_global_settings_stay_as_they_were(drawn, name):
    before = mpl.rcParams.copy()
    FIGURES[name](drawn, None)
    assert mpl.rcParams == before


def test_drawing_opens_no_window_and_loads_no_pyplot():
    script = (
        "import sys, numpy as np\n"
        "from logitkit.plots.forest import Forest, plot_forest\n"
        "from logitkit.plots.term_rows import TermRow\n"
        "assert 'matplotlib' not in sys.modules\n"
        "plot_forest(Forest((TermRow('a'),), *np.ones((3, 1, 1))))\n"
        "assert 'matplotlib.figure' in sys.modules and 'matplotlib.pyplot' not in sys.modules\n"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("colour", [PRIMARY, INK, MUTED])
def test_text_and_data_stand_out_from_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) > 4.5  # WCAG 2.1, 1.4.3


def test_the_two_hues_differ_without_red_and_green():
    """Told apart by blue against none, which the common kinds of colour blindness leave."""
    assert to_rgb(PRIMARY)[2] - to_rgb(ACCENT)[2] > 0.5
    assert luminance(GUIDE) > luminance(PRIMARY)
