"""Reports in Debian's Chromium: what it shows, how it sorts a table, and the PDF that it prints."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

import logitkit as lk

pytestmark = pytest.mark.browser

CLICKED = """<script>
var table=Array.from(document.querySelectorAll("table")).find(t=>t.textContent.includes("P>|z|"));
table.querySelectorAll("thead button")[1].click();
document.body.dataset.sorted=Array.from(table.tBodies[0].rows).map(r=>r.cells[1].textContent).join(" ");
document.body.dataset.wide=document.documentElement.scrollWidth;
</script></body>"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fit = lk.logit("low ~ age + lwt + race + smoke", lk.datasets.load_lbw())
    return fit.report(tmp_path_factory.mktemp("browser") / "births.html", title="Low birth weight", tripod=True)


def browser(page: Path, *words: str) -> str:
    """Open a page without a window; the sandbox needs rights that root in a container has not."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "There is no Chromium: apt-get install chromium poppler-utils (as root), or make browser-tools."
    own = f"--user-data-dir={page.parent / 'profile'}"
    fixed = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", own]
    done = subprocess.run(
        [program, *fixed, *words, page.as_uri()], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout


@pytest.mark.parametrize("width", [1300, 420])
def test_it_is_drawn(page: Path, width: int, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    browser(page, f"--window-size={width},1500", f"--screenshot={picture}")
    content = picture.read_bytes()
    assert struct.unpack(">II", content[16:24]) == (width, 1500)
    assert len(content) > 30_000  # an empty page has some thousand bytes


def test_a_click_sorts_a_table_and_nothing_is_wider_than_the_window(page: Path) -> None:
    clicked = page.with_name("clicked.html")
    clicked.write_text(page.read_text(encoding="utf-8").replace("</body>", CLICKED), encoding="utf-8")
    shown = browser(clicked, "--window-size=1300,1500", "--dump-dom")
    values = [float(each) for each in re.findall(r'data-sorted="([^"]*)"', shown)[0].split()]
    assert len(values) == 6
    assert values == sorted(values)
    assert 'aria-sort="ascending"' in shown
    assert int(re.findall(r'data-wide="(\d+)"', shown)[0]) <= 1300


def test_it_prints_as_a_pdf(page: Path, tmp_path: Path) -> None:
    printed = tmp_path / "page.pdf"
    browser(page, "--no-pdf-header-footer", f"--print-to-pdf={printed}")
    assert printed.read_bytes().startswith(b"%PDF-")
    assert shutil.which("pdftotext"), "There is no pdftotext: apt-get install poppler-utils (as root)."
    text = subprocess.run(["pdftotext", "-layout", printed, "-"], capture_output=True, text=True, check=True).stdout
    pages = text.removesuffix("\f").split("\f")
    assert 4 <= len(pages) <= 16
    assert all(len(each.split()) > 5 for each in pages)  # none is left empty by a break
    words = " ".join(text.split())
    for said in ("Low birth weight", "Can it be trusted?", "TRIPOD+AI 12e, 23a", "What to do next", "Odds ratio"):
        assert said in words
    assert "Skip to the content" not in words
    assert "Tables are sorted by a click" not in words
