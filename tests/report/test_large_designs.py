"""What a fit with a factor of very many levels shows: short, and it says what it leaves out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.inference.hypotheses import wald
from logitkit.report.listed import TERM_MOST


def fit_of(levels: int, pure: int = 0) -> lk.Fit:
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(levels), 12)
    x = rng.normal(size=g.size)
    y = (rng.random(g.size) < 1 / (1 + np.exp(-0.5 * x))).astype(int)
    y[::12], y[1::12] = 0, 1
    y[(g > 0) & (g <= pure)] = 1
    return lk.logit("y ~ x + C(g)", pd.DataFrame({"y": y, "x": x, "g": g}))


def test_a_term_is_listed_up_to_its_limit():
    within, beyond = fit_of(TERM_MOST + 1), fit_of(TERM_MOST + 2)
    assert "C(g)[T.60]" in str(within)
    assert "Not listed" not in str(within)
    text = " ".join(str(beyond).split())
    assert "C(g)[T.60]" not in text
    coef = beyond.coef[[name for name in beyond.coef.index if name.startswith("C(g)")]]
    found = re.search(r"Not listed: the 61 coefficients of C\(g\) \(from (\S+) to (\S+)\)\. fit\.tidy\(\)", text)
    assert found is not None
    # The text has as many decimals as the standard errors give a meaning, three here.
    assert np.allclose([float(found[1]), float(found[2])], [coef.min(), coef.max()], atol=1e-3)
    assert len(beyond.tidy()) == 63


def test_infinite_coefficients_are_counted_apart():
    text = " ".join(str(fit_of(80, pure=5)).split())
    assert "Not listed: the 79 coefficients of C(g)" in text
    assert "C(g) (74 finite, from " in text


@pytest.mark.usefixtures("figures_not_written")
def test_every_format_is_short(tmp_path: Path):
    fit = fit_of(301)
    for text in (repr(fit), fit._repr_html_(), fit.summary().to_markdown(), fit.summary().to_latex()):
        assert len(text) < 20_000
        assert "300 coefficients of C(g)" in " ".join(text.replace("\\", "").split())
    page = fit.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "C(g)[T.200]" not in page


def test_an_overall_test_of_very_many_coefficients_is_left_out(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(2)
    g, n = np.arange(3_600) % 600, 3_600
    y = np.where(
        g == np.arange(n), 0, np.where(g == np.arange(n) - 600, 1, rng.integers(0, 2, n))
    )  # both in each level
    data = pd.DataFrame({"y": y, "x": rng.normal(size=n), "g": g, "c": rng.integers(0, 2_000, n)})
    many = lk.logit("y ~ x + C(g)", data, cluster="c")
    monkeypatch.setattr(wald, "wald_chi_square", lambda *_: pytest.fail("the test was computed"))
    assert many.separation is None
    assert "Wald chi2(" in str(many)
    assert "not computed: over 500 coefficients" in str(many)
    monkeypatch.undo()
    few = lk.logit("y ~ x + C(g)", data[g < 80], cluster="c")
    found = few.test(", ".join(f"`{name}` = 0" for name in few.coef.index if name != "Intercept"))
    assert re.search(rf"Wald chi2\({found.dof}\) +{found.statistic:.2f} ", str(few))


@pytest.mark.slow
def test_a_summary_of_twenty_thousand_levels_costs_little():
    import time

    fit = fit_of(20_000)
    fit.summary()
    seconds = []
    for _ in range(5):
        start = time.process_time()
        fit.summary()
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.05
