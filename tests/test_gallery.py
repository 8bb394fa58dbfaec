"""Every figure of the package is in the gallery."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from logitkit.results.figures import FitPlots
from logitkit.results.nominal import NominalPlots

ROOT = Path(__file__).resolve().parents[1]
GALLERY = {page: page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "gallery").glob("*/*.py"))}
FIGURES = sorted({name for name in (*dir(FitPlots), *dir(NominalPlots)) if not name.startswith("_")})
# The call that returns a result of each class that draws itself.
RESULTS = {
    "BinStability": ".stability(",
    "BinnedVariable": "scorecard.binning(",
    "CalibrationBeltResult": ".calibration_belt(",
    "CalibrationErrorsResult": "logits.calibration_error(",
    "CalibrationResult": ".calibration(",
    "CardBands": "card.bands(",
    "CardMonitor": "card.monitor(",
    "CardProfit": "card.profit(",
    "CardValidation": "card.validate(",
    "CrossValidated": "lk.cross_validate(",
    "DecisionCurveResult": ".decision_curve(",
    "Detections": "logits.decode_yolo(",
    "DiscriminationResult": ".discrimination(",
    "EffectsResult": ".effects(",
    "Explained": "lk.scorecard(",
    "GainsResult": ".gains(",
    "InternalExternalResult": '.validate("internal-external"',
    "LogitReliabilityResult": "logits.reliability(",
    "MeansResult": ".means(",
    "OffPolicyValue": "logits.off_policy_value(",
    "Path": "lk.path(",
    "Pool": "logits.log_pool(",
    "PrecisionRecallResult": ".precision_recall(",
    "ProfileResult": ".profile(",
    "RankingMeasure": "logits.ndcg(",
    "RecalibratedFit": ".recalibrate(",
    "RejectInference": "scorecard.reject_inference(",
    "ReliabilityResult": "fit.reliability(",
    "RiskCoverageCurve": "logits.risk_coverage(",
    "RocTestResult": ".roc_test(",
    "SetCoverage": ".coverage(",
    "ShiftedPriors": "logits.prior_shift(",
    "SimulatedResidualsResult": ".simulated_residuals(",
    "SoftmaxPolicy": "logits.reinforce(",
    "ValidationResult": ".validate(n=",
    "Vintages": "scorecard.vintages(",
}


def drawing() -> list[tuple[str, str]]:
    """Return the methods of results that draw, by class."""
    found = []
    for path in sorted((ROOT / "src" / "logitkit" / "results").rglob("*.py")):
        for kind in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(kind, ast.ClassDef):
                found += [
                    (kind.name, verb.name)
                    for verb in kind.body
                    if isinstance(verb, ast.FunctionDef) and verb.name.startswith("plot") and not verb.decorator_list
                ]
    return found


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_of_fits_are_in_the_gallery(figure: str) -> None:
    assert any(f".plot.{figure}(" in text for text in GALLERY.values())


def test_figures_of_results_are_in_the_gallery() -> None:
    verbs = drawing()
    assert {kind for kind, _ in verbs} == set(RESULTS)
    for kind, verb in verbs:
        shown = re.compile(rf"{re.escape(RESULTS[kind])}.*\.{verb}\(", re.DOTALL)
        assert any(shown.search(text) for text in GALLERY.values()), (kind, verb)
    assert any("lk.plot_forest(" in text for text in GALLERY.values())


def test_pages_of_the_gallery_have_a_title_words_and_a_section() -> None:
    conf = (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")
    for page, text in GALLERY.items():
        title, rule, blank, words = (ast.get_docstring(ast.parse(text)) or "").split("\n", 3)
        assert len(rule) == len(title), page
        assert (set(rule), blank) == ({"="}, ""), page
        assert len(words) > 40, page
        assert len(text.split("\n")) <= 42, page
        assert (page.parent / "README.txt").is_file(), page
        assert f'"{page.parent.name}"' in conf, page
