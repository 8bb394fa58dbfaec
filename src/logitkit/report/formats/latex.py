r"""A document as LaTeX: booktabs tables, every special character escaped, minus signs set as minus signs.

The output needs ``\usepackage{booktabs}`` and an engine that reads UTF-8 (any since 2018).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from logitkit.report.document import Block, Document, Fact, Figure, Prose, Section, Table

__all__ = ["escape_latex", "render_latex"]

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "\u2212": "$-$",
    "\u00d7": r"$\times$",
    "\u00b1": r"$\pm$",
    "\u2264": r"$\leq$",
    "\u2265": r"$\geq$",
    "\u2260": r"$\neq$",
    "\u2248": r"$\approx$",
    "\u221e": r"$\infty$",
    "\u00b2": r"\textsuperscript{2}",
    "\u03b1": r"$\alpha$",
    "\u03b2": r"$\beta$",
    "\u03b7": r"$\eta$",
    "\u03bb": r"$\lambda$",
    "\u03bc": r"$\mu$",
    "\u03c3": r"$\sigma$",
    "\u03c7": r"$\chi$",
}
# Headings that are formulas.
_HEADINGS = {
    "z": "$z$",
    "P>|z|": "$P>|z|$",
    "t": "$t$",
    "P>|t|": "$P>|t|$",
    "GVIF^(1/(2 df))": r"GVIF$^{1/(2\,\mathrm{df})}$",
}
# A hyphen before a number (not in a word such as "x-1" or a range such as "2001-2006"), or in an exponent.
_MINUS = r"(?<![\w.)\]-])-(?=\d|\.\d|inf\b)|(?<=\de)-(?=\d)"
_TOKEN = re.compile(f"(?P<minus>{_MINUS})|(?P<dashes>-(?=-))|(?P<special>[{re.escape(''.join(_SPECIAL))}])")


# A cell that is a number with a power of ten, or an interval of two.
_POWER = re.compile(r"(-?\d(?:\.\d+)?)e([+-]\d+)")
_POWERS = re.compile(rf"{_POWER.pattern}(?: to {_POWER.pattern})?")


def render_latex(document: Document) -> str:
    r"""Render a document as LaTeX for inclusion in a paper.

    Each table is a ``table`` environment. A first table without a title takes the document's as its caption;
    otherwise the title is an unnumbered section. Figures appear by title and caption.

    Examples
    --------
    >>> from logitkit.report.document import Column, Document, Table
    >>> table = Table(None, (Column("Term", "left"), Column("Estimate")), (("a_b", "-0.0412"),))
    >>> source = render_latex(Document("Births", blocks=(table,)))
    >>> r"a\_b & $-$0.0412 \\" in source
    True
    """
    first = document.blocks[0] if document.blocks else None
    takes_title = isinstance(first, Table) and not first.title
    lines = [r"% Needs \usepackage{booktabs}."]
    if not takes_title:
        lines.append(rf"\section*{{{escape_latex(document.title)}}}")
    if document.subtitle:
        lines.append(_paragraph(document.subtitle))
    lines += [
        rf"\par\noindent\textbf{{{escape_latex(fact.label)}:}} {escape_latex(fact.value)}\par"
        for fact in document.facts
        if fact.is_long
    ]
    lines += _facts([fact for fact in document.facts if not fact.is_long])
    lines += [rf"\par\noindent\textbf{{Warning:}} {escape_latex(text)}\par" for text in document.warnings]
    for place, block in enumerate(document.blocks):
        lines += _block(block, caption=document.title if takes_title and place == 0 else None, depth=0)
    lines += _notes(document.notes)
    return "\n".join(lines) + "\n"


def escape_latex(text: str) -> str:
    r"""Return a text on one line that LaTeX sets as it is.

    Examples
    --------
    >>> print(escape_latex("C(race)[T.a_b] 100% & -0.5"))
    C(race)[T.a\_b] 100\% \& $-$0.5
    """

    def replace(found: re.Match[str]) -> str:
        if found["minus"]:
            return "$-$"
        return "-{}" if found["dashes"] else _SPECIAL[found["special"]]

    return _TOKEN.sub(replace, " ".join(text.split()))


def _block(block: Block, caption: str | None, depth: int) -> list[str]:
    match block:
        case Table():
            return _table(block, caption or block.title)
        case Prose():
            return [_paragraph(text) for text in block.paragraphs]
        case Figure():
            text = escape_latex(block.caption or block.alt)
            return [rf"\par\noindent\textbf{{Figure: {escape_latex(block.title)}.}} {text}\par"]
        case Section():
            command = ("section", "subsection", "subsubsection", "paragraph")[min(depth, 3)]
            lines = [rf"\{command}*{{{escape_latex(block.heading)}}}"]
            for each in block.blocks:
                lines += _block(each, None, depth + 1)
            return lines


def _table(table: Table, caption: str | None) -> list[str]:
    lines = [r"\begin{table}[htbp]", r"\centering"]
    if caption:
        lines.append(rf"\caption{{{escape_latex(caption)}}}")
    heading = tuple(column.name for column in table.columns)
    layout = "".join("l" if column.align == "left" else "r" for column in table.columns)
    lines += [rf"\begin{{tabular}}{{{layout}}}", r"\toprule", *_spans(table), _heading(heading), r"\midrule"]
    for place, row in enumerate(table.rows):
        lines += [r"\midrule"] if table.is_ruled(place) else []
        lines.append(rf"\quad {_row(row)}" if table.kind(place) == "level" else _row(row))
    return [*lines, r"\bottomrule", r"\end{tabular}", *_notes(table.notes), r"\end{table}"]


def _spans(table: Table) -> list[str]:
    """Return the row of spanning heads, and the rules below them."""
    if not table.spans:
        return []
    cells, at = list[str](), 0
    for span in table.spans:
        cells += [""] * (span.first - at)
        cells.append(rf"\multicolumn{{{span.count}}}{{c}}{{{escape_latex(span.name)}}}")
        at = span.first + span.count
    cells += [""] * (len(table.columns) - at)
    rules = [rf"\cmidrule(lr){{{span.first + 1}-{span.first + span.count}}}" for span in table.spans]
    return [" & ".join(cells) + r" \\", " ".join(rules)]


def _facts(facts: Sequence[Fact]) -> list[str]:
    """Print facts in two columns of pairs, filled downwards."""
    if not facts:
        return []
    rows = (len(facts) + 1) // 2
    pairs = [(fact.label, fact.value) for fact in facts] + [("", "")] * (len(facts) % 2)
    body = [_row(pairs[row] + pairs[rows + row]) for row in range(rows)]
    opening = [r"\begin{center}", r"\begin{tabular}{lr@{\qquad}lr}", r"\toprule"]
    return [*opening, *body, r"\bottomrule", r"\end{tabular}", r"\end{center}"]


def _heading(cells: Sequence[str]) -> str:
    return _joined([_HEADINGS.get(cell) or escape_latex(cell) for cell in cells])


def _row(cells: Sequence[str]) -> str:
    return _joined([_power(cell) if _POWERS.fullmatch(cell) else escape_latex(cell) for cell in cells])


def _power(cell: str) -> str:
    return _POWER.sub(lambda found: rf"${found[1]} \times 10^{{{int(found[2])}}}$", cell)


def _joined(escaped: list[str]) -> str:
    # After the \\ or \midrule of the line before, "[" would open an optional argument and "*" a variant.
    if escaped[0].startswith(("[", "*")):
        escaped[0] = "{}" + escaped[0]
    return " & ".join(escaped) + r" \\"


def _paragraph(text: str) -> str:
    return rf"\par {escape_latex(text)}"


def _notes(notes: Iterable[str]) -> list[str]:
    return [rf"\par\smallskip{{\footnotesize {escape_latex(note)}\par}}" for note in notes]
