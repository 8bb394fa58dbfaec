from __future__ import annotations

import base64
import re
import subprocess
import sys
import textwrap
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logitkit.report.document import Column, Document, Fact, Figure, Prose, Section, Table
from logitkit.report.formats.html import render_html, render_page
from logitkit.report.formats.latex import escape_latex, render_latex
from logitkit.report.formats.markdown import escape_markdown, render_markdown
from logitkit.report.formats.text import display_width, render_text

COLUMNS = (Column("Term", "left"), Column("Estimate"), Column("p"))
BIRTHS = Document(
    "Logistic regression",
    "Binomial family, logit link",
    facts=(
        Fact("Observations", "189"),
        Fact("Events", "59 (31.2%)"),
        Fact("Log-likelihood", "-111.29"),
    ),
    blocks=(
        Table(
            None,
            COLUMNS,
            (("Intercept", "0.4612", "0.7018"), ("C(race)[T.a_b]", "-0.0295", "<0.0001")),
            notes=("Wald tests.",),
        ),
    ),
    notes=("Made from 189 births.",),
    warnings=("One level is rare.",),
)
HOSTILE = r"""<script>alert("x")</script> & 'q' a_b 100% $5 #1 {x} ^ ~ \ | `c` *b* [l](u)"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
REPORT = Document(
    HOSTILE,
    HOSTILE,
    facts=(Fact(HOSTILE, HOSTILE), Fact("n", "3")),
    blocks=(
        Section("Fit", (Prose(HOSTILE), Table(HOSTILE, COLUMNS, ((HOSTILE, "-1.5", "inf"),), (HOSTILE,)))),
        Section(
            "Figures",
            (
                Figure("ROC", PICTURE, None, HOSTILE, HOSTILE),
                Figure("Forest", None, b"\x89PNG", "", "Bars."),
                Section("Deeper", (Section("Deepest", (Prose("End."),)),)),
            ),
        ),
        Section(HOSTILE, ()),
        Prose("After the sections."),
    ),
    notes=(HOSTILE,),
    warnings=(HOSTILE,),
)


def one_table(rows, columns=COLUMNS, divides=False, **parts) -> Document:
    return Document("T", blocks=(Table(None, columns, rows, divides=divides),), **parts)


# ------------------------------------------------------------------------------------------------------- text


def test_a_small_document_as_text():
    expected = """\
    Logistic regression
    Binomial family, logit link

    ------------------------------------------------------------
    Observations             189    Log-likelihood       -111.29
    Events            59 (31.2%)
    ------------------------------------------------------------

    Warning: One level is rare.

    ---------------------------------
    Term            Estimate        p
    ---------------------------------
    Intercept         0.4612   0.7018
    C(race)[T.a_b]   -0.0295  <0.0001
    ---------------------------------
    Wald tests.

    Made from 189 births."""
    assert render_text(BIRTHS) == textwrap.dedent(expected)


def test_a_table_nearly_as_wide_as_the_facts_is_let_out_to_their_rules():
    rows = (("a_name_of_thirty_four_characters_x", "0.4612", "0.7018"),)
    lines = render_text(one_table(rows, facts=BIRTHS.facts)).splitlines()
    rules = [line for line in lines if set(line) == {"-"}]
    assert len(rules) == 5
    assert {len(rule) for rule in rules} == {60}
    assert lines[-2].endswith("0.7018")
    assert len(lines[-2]) == 60


# No digits, so that a name is not taken for a number.
names = st.text(st.characters(codec="utf-8", categories=("L", "M", "P", "S")), min_size=1, max_size=60)
numbers = st.from_regex(r"-?[0-9]{1,3}\.[0-9]{4}", fullmatch=True)


@given(
    st.lists(st.tuples(names, numbers, numbers, numbers), min_size=1, max_size=6),
    st.sampled_from([40, 72, 88]),
)
def test_no_line_of_a_table_is_wider_than_its_rules_and_no_number_is_lost(rows, width):
    columns = (Column("Term", "left"), Column("Estimate"), Column("Standard error"), Column("z"))
    panels = render_text(one_table(tuple(rows), columns, divides=True), width).split("\n\n")[1:]
    found = []
    for panel in panels:
        lines = panel.splitlines()
        assert set(lines[0]) == {"-"}
        assert len(lines[0]) <= width
        assert lines[0] == lines[-1]
        assert all(display_width(line) <= len(lines[0]) for line in lines)
        found += re.findall(r"(?<=\s)-?[0-9]{1,3}\.[0-9]{4}(?=\s|$)", panel)
    assert sorted(found) == sorted(cell for row in rows for cell in row[1:])


def test_every_line_ends_at_the_rule_where_the_last_column_is_right_aligned():
    rows = (("\u6771\u4eac", "1.0", "2.0"), ("cafe\u0301", "-10.25", "3.0"), ("plain", "0.5", "<0.0001"))
    lines = render_text(one_table(rows)).split("\n\n")[1].splitlines()
    assert {display_width(line) for line in lines} == {len(lines[0])}


def test_a_long_name_wraps_in_its_column_and_is_whole_when_joined():
    name = "C(industry, contr.treatment('Retail trade'))[T.Accommodation]:C(region)[T.Pacific_Northwest_US]"
    text = render_text(one_table(((name, "0.4612", "0.7018"), ("age", "-0.0295", "0.4253"))), width=60)
    body = text.split("\n\n")[1].splitlines()[3:-1]
    assert body[0].endswith("0.4612  0.7018")
    start = body[-1].index("-0.0295")
    pieces = [line[: start - 2].strip() for line in body[:-1]]
    assert len(pieces) > 1
    assert "".join(pieces).replace(" ", "") == name.replace(" ", "")
    assert max(map(len, text.splitlines())) <= 60


def test_a_table_too_wide_for_the_page_is_printed_in_panels_with_the_names_again():
    columns = (Column("Term", "left"), *(Column(f"model_{k}") for k in range(9)))
    text = render_text(one_table((("age", *(f"{k}.25000" for k in range(9))),), columns, divides=True), width=50)
    panels = text.split("\n\n")[1:]
    assert len(panels) == 2
    assert all(panel.splitlines()[3].startswith("age ") for panel in panels)
    assert re.findall(r"model_\d", text) == [f"model_{k}" for k in range(9)]
    assert max(map(len, text.splitlines())) <= 50


def test_a_table_whose_columns_differ_is_not_divided():
    heads = ("Coef.", "Std. error", "z", "P>|z|", "Odds ratio", "95% low", "95% high")
    columns = (Column("Term", "left"), *(Column(head) for head in heads))
    name = "education[T.high school]"
    rows = ((name, "-2.75e-06", "1.78e-07", "-15.46", "<0.0001", "1.0000", "1.0000", "1.0000"),)
    for width in (80, 72, 50):
        (panel,) = render_text(one_table(rows, columns), width=width).split("\n\n")[1:]
        body = panel.splitlines()[4:-1]
        assert body[0].split()[-7:] == list(rows[0][1:])
        assert max(map(len, panel.splitlines())) <= max(width, 70)  # seven numbers, and ten cells for the name


def test_every_panel_repeats_all_columns_that_name_the_rows():
    columns = (Column("State", "left"), Column("Year", "left"), *(Column(f"model_{k}") for k in range(9)))
    table = Table(None, columns, (("Ohio", "1999", *(f"{k}.25000" for k in range(9))),), n_names=2, divides=True)
    panels = render_text(Document("T", blocks=(table,)), width=50).split("\n\n")[1:]
    assert len(panels) == 3
    assert all(panel.splitlines()[3].split()[:2] == ["Ohio", "1999"] for panel in panels)
    narrow = Table(
        None, columns, (("Ohio" * 4, "1999" * 9, *(f"{k}.25000" for k in range(9))),), n_names=2, divides=True
    )
    assert max(map(len, render_text(Document("T", blocks=(narrow,)), width=50).splitlines())) <= 50


def test_long_facts_notes_and_warnings_wrap_to_the_width():
    words = "word " * 40
    document = Document("T", facts=(Fact("Formula", words), Fact("n", "3")), notes=(words,), warnings=(words,))
    text = render_text(document, width=64)
    assert max(map(len, text.splitlines())) <= 64
    assert text.count("word") == 3 * 40
    assert "\n         word" in text  # the warning hangs below its first word


def test_control_characters_are_shown_and_not_obeyed():
    text = render_text(one_table((("red\x1b[31m\nnext\u202e", "1", "2"),)))
    assert r"red\x1b[31m next\u202e" in text
    assert text.isprintable() or set(filter(lambda char: not char.isprintable(), text)) == {"\n"}


def test_our_own_signs_are_ascii_and_no_line_trails_spaces():
    text = render_text(BIRTHS)
    assert text.isascii()
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_report_as_text_underlines_its_headings_and_names_its_figures():
    text = render_text(REPORT)
    assert "\nFit\n---\n" in text
    assert "[Figure] Forest\nBars." in text
    assert text.index("Deepest") < text.index("End.") < text.index("After the sections.")


def test_the_text_path_does_not_import_jinja2():
    code = "import sys, logitkit.report.formats.text; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ------------------------------------------------------------------------------------------------------- HTML


class Outline(HTMLParser):
    """Checks that tags nest, and gathers the text, the tags and their attributes."""

    VOID = frozenset({"meta", "img", "br", "link", "wbr"})

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("render", [render_html, render_page])
@pytest.mark.parametrize("document", [BIRTHS, REPORT, Document("Empty")])
def test_html_is_balanced_and_self_contained(render, document):
    source = render(document)
    outline = Outline(source)
    assert all("src" not in script for script in outline.of("script"))
    assert render is render_page or not outline.of("script")
    assert not outline.of("link")
    assert not re.search(r"https?://|@import|url\(|javascript:", source)
    assert all(image["src"].startswith("data:image/") and "alt" in image for image in outline.of("img"))


@pytest.mark.parametrize("render", [render_html, render_page])
def test_html_shows_hostile_text_as_it_is_wherever_it_stands(render):
    outline = Outline(render(REPORT).replace("<wbr>", ""))  # where a line may end the text goes on
    shown = "\n".join(outline.text)
    # Twelve places: subtitle, fact, warning, heading, prose, table title, cell, notes, caption and titles.
    assert shown.count(HOSTILE) >= 12
    assert outline.of("img")[0]["alt"] == HOSTILE


def test_html_aligns_and_heads_its_cells():
    source = render_html(BIRTHS)
    assert '<th scope="col" class="lk-left">Term</th><th scope="col">Estimate</th>' in source
    assert (
        '<tr><th scope="row" class="lk-left lk-whole">C(race)[T.a_b]</th><td>-0.0295</td><td>&lt;0.0001</td></tr>'
        in source
    )
    assert "<div><dt>Events</dt><dd>59 (31.2%)</dd></div>" in source
    assert "<p><strong>Warning.</strong> One level is rare.</p>" in source


def test_the_fragment_is_one_div_without_headings_that_a_notebook_would_list():
    outline = Outline(render_html(REPORT))
    assert outline.tags[0] == ("div", {"class": "lk-doc"})
    assert not any(re.fullmatch(r"h[1-6]|html|body|main", tag) for tag, _ in outline.tags)


def test_every_style_rule_of_the_fragment_is_scoped():
    style = re.search(r"<style>(.*?)</style>", render_html(BIRTHS), re.DOTALL)
    assert style is not None
    selectors = re.findall(r"([^{}]+)\{[^{}]*\}", style[1])
    assert selectors
    assert all(part.strip().startswith(".lk-doc") for selector in selectors for part in selector.split(","))


# What JupyterLab says of any dl, dt, dd, table and cell in an output (``.jp-RenderedHTMLCommon dt`` and so on): with it
# alone the label of a fact has a fifth of the width, and a name of a row may not break.
FOREIGN = {
    "dl": {"width"},
    "dt": {"width", "float", "font-weight"},
    "dd": {"width", "float"},
    "table": {"table-layout", "border-collapse", "margin", "font-size"},
    "td": {"text-align", "vertical-align", "white-space", "padding"},
    "th": {"text-align", "vertical-align", "white-space", "padding"},
}


@pytest.mark.parametrize("tag", FOREIGN)
def test_no_rule_of_a_notebook_reaches_facts_and_tables(tag):
    style = re.search(r"<style>(.*?)</style>", render_html(BIRTHS), re.DOTALL)
    assert style is not None
    stated = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", style[1]):
        for selector in map(str.strip, selectors.split(",")):
            # One class more than theirs, and the tag itself as the subject.
            if selector.count(".") >= 2 and re.split(r"[.:]", selector.split()[-1])[0] == tag:
                stated |= dict(line.strip().split(":", 1) for line in body.split(";") if line.strip())
    assert FOREIGN[tag] <= set(stated)
    assert stated.get("width", "auto") == "auto"
    assert stated.get("float", "none") == "none"


def test_the_label_and_the_value_of_a_fact_share_a_line():
    outline = [tag for tag, _ in Outline(render_html(BIRTHS)).tags]
    place = outline.index("dl")
    assert outline[place : place + 4] == ["dl", "div", "dt", "dd"]
    assert re.search(r"\.lk-doc dl\.lk-facts div\{display:flex;", render_html(BIRTHS))
    assert '<dl class="lk-facts">' in render_html(BIRTHS)


def test_long_names_of_rows_break_at_their_marks_so_that_the_limits_have_room():
    name = "a_long_name_of_a_column<[T.some level]"
    table = Table(None, (Column("Term", "left"), Column("Odds ratio")), ((name, "1.2"), ("short_name", "1.0")))
    html = render_html(Document("Names", blocks=(table,)))
    assert "a_<wbr>long_<wbr>name_<wbr>of_<wbr>a_<wbr>column&lt;<wbr>[T.some level]" in html
    assert ">short_name</th>" in html
    assert name in "".join(Outline(html).text)
    assert re.search(r"tbody \.lk-left\{white-space:normal;overflow-wrap:anywhere;", html)


def test_the_page_nests_headings_and_links_to_its_sections():
    outline = Outline(render_page(REPORT))
    headings = [tag for tag, _ in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert headings == ["h1", "h2", "h2", "h3", "h4", "h2"]
    links = [link["href"] for link in outline.of("a")]
    assert links == ["#content", "#section-1", "#section-2", "#section-3"]
    assert [section.get("id") for section in outline.of("section") if "id" in section] == [
        link.lstrip("#") for link in links[1:]
    ]


def test_neighbouring_figures_share_a_grid_and_keep_their_pictures():
    outline = Outline(render_page(REPORT))
    assert [division for division in outline.of("div") if division.get("class") == "lk-figures"] == [
        {"class": "lk-figures"}
    ]
    kinds, contents = zip(
        *(image["src"].removeprefix("data:image/").split(";base64,") for image in outline.of("img")),
        strict=True,
    )
    assert kinds == ("svg+xml", "png")
    assert base64.b64decode(contents[0]).decode() == PICTURE
    assert base64.b64decode(contents[1]) == b"\x89PNG"


# --------------------------------------------------------------------------------------------------- Markdown


def test_a_small_document_as_markdown():
    expected = r"""
    ## Logistic regression

    Binomial family, logit link

    |              |            |                |         |
    |:-------------|-----------:|:---------------|--------:|
    | Observations |        189 | Log-likelihood | -111.29 |
    | Events       | 59 (31.2%) |                |         |

    > **Warning:** One level is rare.

    | Term           | Estimate |       p |
    |:---------------|---------:|--------:|
    | Intercept      |   0.4612 |  0.7018 |
    | C(race)[T.a_b] |  -0.0295 | <0.0001 |

    Wald tests.

    Made from 189 births.
    """
    assert render_markdown(BIRTHS) == textwrap.dedent(expected).lstrip()


def test_every_line_of_a_markdown_table_is_equally_wide_with_equally_many_cells():
    table = [line for line in render_markdown(REPORT).splitlines() if line.startswith("|")][-3:]
    assert len({len(line) for line in table}) == 1
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {4}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("<b>&amp;", r"\<b>\&amp;"),
        ("[x](y) *s* _e_ `c` ~~d~~ $m$", r"[x\](y) \*s\* \_e\_ \`c\` \~\~d\~\~ \$m\$"),
        ("[x]: y, <1@b.c>", r"[x\]: y, \<1@b.c>"),
        ("a_b_c _d e_", r"a_b_c \_d e\_"),
        ("two\nlines \\", r"two lines \\"),
    ],
)
def test_markdown_escapes(text, escaped):
    assert escape_markdown(text) == escaped


@pytest.mark.parametrize(
    "text",
    [
        "race[T.black]",
        "C(race, contr.treatment('white'))[T.a_b]",
        "new_business[T.new] = 0",
        "low ~ age + lwt",
        "x * y",
        "<0.0001",
        "a < b & c > d",
    ],
)
def test_what_markdown_leaves_alone_is_not_littered(text):
    assert escape_markdown(text) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# no heading", r"\# no heading"),
        ("- no item", r"\- no item"),
        ("1. no item", r"1\. no item"),
        ("---", r"\---"),
        ("> no quote", r"\> no quote"),
        ("[no]: definition", r"\[no\]: definition"),
        ("* no item", r"\* no item"),
        ("-0.5 is a number", "-0.5 is a number"),
        ("1.5 is a number", "1.5 is a number"),
    ],
)
def test_a_paragraph_does_not_start_a_markdown_block(text, line):
    assert render_markdown(Document("T", blocks=(Prose(text),))) == f"## T\n\n{line}\n"


# ------------------------------------------------------------------------------------------------------ LaTeX


def test_a_small_document_as_latex():
    source = render_latex(BIRTHS)
    expected = r"""
    \begin{table}[htbp]
    \centering
    \caption{Logistic regression}
    \begin{tabular}{lrr}
    \toprule
    Term & Estimate & p \\
    \midrule
    Intercept & 0.4612 & 0.7018 \\
    C(race)[T.a\_b] & $-$0.0295 & \textless{}0.0001 \\
    \bottomrule
    \end{tabular}
    \par\smallskip{\footnotesize Wald tests.\par}
    \end{table}
    """
    assert textwrap.dedent(expected).strip() in source
    assert r"Observations & 189 & Log-likelihood & $-$111.29 \\" in source
    assert "\\section" not in source


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("C(race)[T.other]", "C(race)[T.other]"),
        ("a_b 100% $5 R&D #1", r"a\_b 100\% \$5 R\&D \#1"),
        ("^ ~ \\ {x}", r"\textasciicircum{} \textasciitilde{} \textbackslash{} \{x\}"),
        ("<0.0001 | >", r"\textless{}0.0001 \textbar{} \textgreater{}"),
        ("-0.5", "$-$0.5"),
        ("[-0.5, -inf]", "[$-$0.5, $-$inf]"),
        ("1.2e-05", "1.2e$-$05"),
        ("x-1, FY2001-2006, log-likelihood", "x-1, FY2001-2006, log-likelihood"),
        ("--weights", "-{}-weights"),
        ("\u03c7\u00b2 \u2265 1", r"$\chi$\textsuperscript{2} $\geq$ 1"),
    ],
)
def test_latex_escapes(text, escaped):
    assert escape_latex(text) == escaped


def test_powers_of_ten_are_set_as_such_in_cells_and_left_alone_in_names():
    rows = (("I(x * 1e-05)", "-2.75e-06", "1.20e+07 to 3.00e+08"),)
    source = render_latex(one_table(rows))
    assert r"I(x * 1e$-$05) & $-2.75 \times 10^{-6}$ & $1.20 \times 10^{7}$ to $3.00 \times 10^{8}$ \\" in source


def test_headings_that_are_formulas_are_set_as_formulas_and_only_there():
    columns = (Column("Term", "left"), Column("z"), Column("P>|z|"))
    source = render_latex(one_table((("z", "1", "P>|z|"),), columns))
    assert "\nTerm & $z$ & $P>|z|$ \\\\\n" in source
    assert "\nz & 1 & P\\textgreater{}\\textbar{}z\\textbar{} \\\\\n" in source


@pytest.mark.parametrize("cell", ["[0.5, 1.2]", "*"])
def test_a_row_does_not_open_an_argument_of_the_line_break_before_it(cell):
    assert f"\n{{}}{cell} & 1 & 2 \\\\\n" in render_latex(one_table(((cell, "1", "2"),)))


@pytest.mark.parametrize("document", [BIRTHS, REPORT, Document("Empty")])
def test_latex_is_balanced_and_leaves_no_special_character(document):
    source = re.sub(r"^%.*\n", "", render_latex(document))  # the comment that names the package
    opened: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", source):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert opened == []

    bare = re.sub(r"\\\\|\\[&%$#_{}]", "", source)
    depth = 0
    for char in bare:
        depth += {"{": 1, "}": -1}.get(char, 0)
        assert depth >= 0
    assert depth == 0

    bare = re.sub(r"\$(?:-|\\[a-z]+)\$", "", bare)
    for line in bare.splitlines():
        assert not set(line) & set("%$#_^~<>|"), line
        if "&" in line:
            assert line.count("&") in {2, 3}, line
    assert set(re.findall(r"\\([a-zA-Z]+)", bare)) <= {
        *("begin", "end", "section", "subsection", "subsubsection", "caption", "centering", "par"),
        *("toprule", "midrule", "bottomrule", "smallskip", "footnotesize", "noindent", "textbf", "qquad"),
        *("textasciicircum", "textasciitilde", "textasciigrave", "textbackslash", "textbar"),
        *("textless", "textgreater", "textquotedbl", "textquotesingle"),
    }
