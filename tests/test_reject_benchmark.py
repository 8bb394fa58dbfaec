"""The experiment on hidden outcomes: its populations, its intervals, and the section that it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "maths" / "reject_inference.md"


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)


def rows_of(table: str) -> dict[str, list[str]]:
    """Return the cells of a table in Markdown by their first."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {name: cells for name, *cells in lines}


def test_only_known_probabilities_are_right_where_a_hidden_variable_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    import reject_inference

    monkeypatch.setattr(reject_inference, "METHODS", reject_inference.METHODS[:3])
    rows = rows_of(reject_inference.of_populations(12_000)[0])
    assert abs(float(rows["none"][0])) < 4 > abs(float(rows["augmentation, by known"][0]))  # errors of the sample
    assert abs(float(rows["augmentation, by known"][2])) < 4
    for method in ("none", "augmentation", "augmentation, 5 bands"):
        assert float(rows[method][2]) < -8


def test_the_section_is_what_the_command_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page has the words and the rows of the command, whatever the figures."""
    import reject_inference

    page = tmp_path / "page.md"
    page.write_text(f"# One\n\n{reject_inference.SECTION}\nold\n\n## Next\n", encoding="utf-8")
    names = ["none", "augmentation"]
    monkeypatch.setattr(reject_inference, "of_populations", lambda n: ("| a |", f"{n} are"))
    monkeypatch.setattr(reject_inference, "of_samples", lambda n, samples: f"| {n} |\n| {samples} |")
    monkeypatch.setattr(reject_inference, "of_loans", lambda n: (f"| {', '.join(names)} |", f"of {n}", "from 1 to 2"))
    monkeypatch.setattr("sys.argv", ["reject_inference.py", "--page", str(page), "--samples", "7"])
    reject_inference.main()
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# One")
    assert text.endswith("## Next\n")
    assert "old" not in text
    assert "**Coverage.** 7 samples of 3,000 applicants" in text
    own = PAGE.read_text(encoding="utf-8")
    for words in (
        "**Populations.** 400,000 simulated",
        "**Coverage.** 400 samples of 3,000",
        "**Loans.** 100,000 loans",
    ):
        assert words in own
