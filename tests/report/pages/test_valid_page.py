"""Each page of a report as a strict parser reads it: valid HTML, landmarks, words for figures, contrast, the JSON."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import html5lib
import numpy as np
import pytest

import logitkit as lk
from logitkit.report.document import Document
from logitkit.report.formats.html import render_page
from logitkit.report.formats.page_style import PAGE_STYLE, STYLE

CONTRAST_LEAST = 4.5  # WCAG 2.2, 1.4.3, of text
ORDER = ["What was modelled", "The answer", "Can it be trusted?", "How well does it predict?", "Who drives it?"]


def births() -> Any:
    table = lk.datasets.load_lbw()
    return table.assign(visits=table["ftv"].clip(upper=2), odd=[f"<{each}> & 'x'" for each in table["race"]])


FITS = {
    "event": lambda: lk.logit("low ~ age + odd + smoke", births()),
    "several": lambda: lk.multinomial("race ~ age + smoke", births()),
    "ordered": lambda: lk.ordinal("visits ~ age + smoke", births()),
    "penalised": lambda: lk.logit("low ~ age + smoke", births(), penalty=lk.Ridge(0.1)),
}


@pytest.fixture(scope="module", params=FITS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str, Any]:
    """A fit, its page and what a strict parser, which raises at the first error, makes of that."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("logitkit.report.drawn.svg_of", lambda axes: "<svg/>")
        fit = FITS[request.param]()
        path: Path = fit.report(tmp_path_factory.mktemp("page") / "page.html", tripod=True)
    text = path.read_text(encoding="utf-8")
    return fit, text, strict(text)


def strict(text: str) -> Any:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


def test_a_page_with_an_error_is_refused() -> None:
    for broken in ("<p>a</div>", "<table><p>x</p></table>", '<p id="a" id="b">x'):
        with pytest.raises(html5lib.html5parser.ParseError):
            strict(f"<!doctype html><title>x</title>{broken}")


def test_landmarks_headings_and_links(made: tuple[Any, str, Any]) -> None:
    _, _, tree = made
    page = tree.find("body/div")
    assert [each.tag for each in page] == ["header", "nav", "main", "footer"]
    assert tree.get("lang") == "en"
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    links = [each.get("href") for each in tree.iter("a")]
    assert links[0] == "#content"  # first of all, past the contents
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert {each.get("aria-labelledby") for each in tree.iter("section")} - {None} <= set(ids)
    levels = [int(each.tag[1]) for each in tree.iter() if re.fullmatch("h[1-6]", str(each.tag))]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    heads = ["".join(each.itertext()) for each in tree.iter("h2")]
    assert [each for each in heads if each in ORDER] == [each for each in ORDER if each in heads]
    assert heads[-3:] == ["What to do next", "About this report", "TRIPOD+AI checklist"]
    assert any(str(each.text).startswith("TRIPOD+AI 12e, 23a") for each in tree.iter("p"))


def test_every_figure_has_words_and_every_table_heads(made: tuple[Any, str, Any]) -> None:
    _, text, tree = made
    for figure in tree.iter("figure"):
        words, title = figure.find("img").get("alt"), "".join(figure.find("p").itertext())
        assert len(words) > len(title)
    assert len(list(tree.iter("figure"))) >= 3
    for table in tree.iter("table"):
        assert all(head.get("scope") for head in table.iter("th"))
    assert not re.search(r'(src|href)="(?!data:|#)', text)


def test_a_program_finds_the_numbers(made: tuple[Any, str, Any]) -> None:
    fit, _, tree = made
    (script,) = [each for each in tree.iter("script") if each.get("type") == "application/json"]
    numbers = json.loads(script.text)
    assert script.get("id") == "lk-numbers"
    estimates = [each["estimate"] for each in numbers["coefficients"]]
    assert estimates == fit.record.coef.tolist()
    assert numbers["n_obs"] == 189
    assert numbers["call"].startswith("lk.fit(")
    assert {"logitkit", "Python", "NumPy"} == set(numbers["versions"])
    assert all(each["rule"] for each in numbers["findings"])

    def tables(block: Any) -> int:
        return ("table" in block) + sum(map(tables, block.get("sections", [])))

    assert tables(numbers["page"]) == len(list(tree.iter("table")))


def test_nothing_of_a_document_ends_the_script() -> None:
    hostile = '</script><script>alert("x")</script>&lt;'
    tree = strict(render_page(Document("x", numbers=json.dumps({"a": hostile}))))
    (script,) = [each for each in tree.iter("script") if each.get("id")]
    assert json.loads(script.text) == {"a": hostile}


def channels(color: str) -> np.ndarray:
    return np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0


def contrast(text: np.ndarray, ground: np.ndarray) -> float:
    """Contrast of two colours, WCAG 2.2."""
    linear = [np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) for c in (text, ground)]
    light = sorted(float(c @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in linear)
    return light[1] / light[0]


def test_black_on_white_has_the_largest_contrast() -> None:
    assert contrast(channels("#000000"), channels("#ffffff")) == pytest.approx(21.0)
    assert contrast(channels("#767676"), channels("#ffffff")) == pytest.approx(4.54, abs=0.01)


def test_text_can_be_read_on_its_ground() -> None:
    """Ink and links on paper, the faintest text, and text in the box of warnings; by day, by night and in print."""
    whole = STYLE + PAGE_STYLE
    grounds = re.findall(
        r"body\{(?:margin:0;)?background:(#\w{6});color:(#\w{6})\}",
        whole.replace("#fff;", "#ffffff;").replace("#000}", "#000000}"),
    )
    links = re.findall(r"\na\{color:(#\w{6})", whole)
    faint = min(float(each) for each in re.findall(r"opacity:([.\d]+)", whole))
    assert len(grounds) == 3
    assert len(links) == 2
    (tint,) = re.findall(r"background:rgba\((\d+),(\d+),(\d+),([.\d]+)\);max-width", whole)
    tone, part = np.array(tint[:3], dtype=float) / 255.0, float(tint[3])
    for ground, ink in ((channels(one), channels(two)) for one, two in grounds):
        assert contrast(faint * ink + (1.0 - faint) * ground, ground) >= CONTRAST_LEAST
        assert contrast(ink, part * tone + (1.0 - part) * ground) >= CONTRAST_LEAST
    for link, (ground, _) in zip(links, (grounds[0], grounds[1]), strict=True):
        assert contrast(channels(link), channels(ground)) >= CONTRAST_LEAST
