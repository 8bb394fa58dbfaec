r"""A fitted model as equations, in text and in LaTeX: one per linear predictor, or one for all that share their slopes.

The coefficients are those of the linear predictors themselves, so that signs are right whatever direction they were
stated in: a cumulative model is written as the link of :math:`P(Y \le k)`, an adjacent-category model as the logarithm
of the odds of neighbours, a multinomial one as that of an outcome against the reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.engine.record import FitRecord
from logitkit.report.document import Document, Prose
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.formats.latex import escape_latex
from logitkit.report.term_labels import Piece, expression_label, pieces_of, response_label, shown_level
from logitkit.report.wording import name_list
from logitkit.typing import FloatArray

__all__ = ["EquationWords", "fitted_equation"]

LINE = 4  # terms of a line of LaTeX
POWER = re.compile(r"(.*)e([+-]\d+)")


@dataclass(frozen=True)
class EquationWords:
    """A fitted model as equations.

    Parameters
    ----------
    text : tuple of str
        The equations as plain text.
    latex : str
        The same as an ``align*`` environment of LaTeX, for the package amsmath.
    notes : tuple of str
        What the symbols are, and what is not in the equations.

    Examples
    --------
    >>> EquationWords(("logit P(y = 1) = 1",), "", ()).text[0]
    'logit P(y = 1) = 1'
    """

    text: tuple[str, ...]
    latex: str
    notes: tuple[str, ...]


@finding_document.register
def _(result: EquationWords) -> Document:
    return Document("Fitted equation", blocks=(Prose("\n\n".join(result.text)),), notes=result.notes)


def fitted_equation(record: FitRecord) -> EquationWords:
    """Return a fit as equations.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + race", lk.datasets.load_lbw(), labels={"age": "Age"})
    >>> fitted_equation(fit.record).text[0]
    'logit P(low = 1) = -0.2080 - 0.0395 Age + 0.7453 [race = black] + 0.5697 [race = other]'
    """
    table, heads = _predictors(record)
    info = record.info
    slopes = [j for j, name in enumerate(info.names) if name != INTERCEPT]
    one = len(table) > 1 and bool(slopes) and bool(np.isclose(table[:, slopes], table[:1, slopes], rtol=1e-9).all())
    one = one and record.family.words.ordered
    cells = _numbers(table)
    ends = _beside(record)
    texts, lines, symbols = [], [], list[str]()
    shown = [0] if one else range(len(table))
    for k in shown:
        left = heads[-1] if one else heads[k]
        parts = [] if not one else [("+", "theta_k", r"\theta_k")]
        for j in slopes if one else range(len(info.names)):
            value = table[k, j]
            if value == 0.0 or np.isnan(value):
                continue
            text, latex = _term(info, j, symbols)
            number = cells[k][j].lstrip("-")
            sign = "-" if value < 0.0 else "+"
            parts.append((sign, f"{number} {text}".strip(), f"{_latex_number(number)}\\,{latex}".removesuffix("\\,")))
        parts += [("+", text, latex) for text, latex in ends]
        texts.append(f"{left[0]} = {_signed([(sign, text) for sign, text, _ in parts])}")
        lines.append(rf"{left[1]} &= {_wrapped([(sign, latex) for sign, _, latex in parts])}")
    if one:
        place = info.names.index(INTERCEPT) if INTERCEPT in info.names else None
        thresholds = [] if place is None else [row[place] for row in cells]
        texts.append(f"theta = {', '.join(thresholds)}")
        joined = ", ".join(map(_latex_number, thresholds))
        lines.append(rf"(\theta_1, \dots, \theta_{{{len(thresholds)}}}) &= ({joined})")
    body = " \\\\\n".join(lines)
    latex = f"\\begin{{align*}}\n{body}\n\\end{{align*}}"
    return EquationWords(tuple(texts), latex, tuple(_notes(record, symbols)))


def _predictors(record: FitRecord) -> tuple[FloatArray, list[tuple[str, str]]]:
    """Return the coefficients of the linear predictors, (m, p), and the left sides; last that of all of them."""
    words, family = record.family.words, record.family
    named = record.outcomes
    table = record.predictors.table(np.where(np.isnan(record.coef), 0.0, record.coef))
    name = response_label(record.info)
    labels = [record.info.labels.level(record.info.response.name, outcome) for outcome in named]
    texts = [f"P({name} = {label})" for label in labels]
    latex = [rf"P(\text{{{escape_latex(name)}}} = \text{{{escape_latex(label)}}})" for label in labels]
    if words.has_event:
        event = record.info.response.event_in_words
        if record.info.response.kind in ("grouped", "fraction"):
            what = "E" if words.quasi else "P"
            texts[-1], latex[-1] = f"{what}({event})", rf"{what}(\text{{{escape_latex(event)}}})"
        return table, [(f"{family.link.name} {texts[-1]}", family.link.latex.format(latex[-1]))]
    if words.compares and record.reference is None:
        heads = [(f"log {t} - c", rf"\log {s} - c") for t, s in zip(texts, latex, strict=True)]
        return table, heads
    if words.compares:
        r = record.reference or 0
        rows = [k for k in range(len(named)) if k != r]
        heads = [(f"log {texts[k]} / {texts[r]}", rf"\log \frac{{{latex[k]}}}{{{latex[r]}}}") for k in rows]
        return table[record.predictors.active] if len(table) == len(named) else table, heads
    if family.tail_link is not None:
        link = family.tail_link
        pairs = [
            (f"P({name} <= {label})", rf"P(\text{{{escape_latex(name)}}} \leq \text{{{escape_latex(label)}}})")
            for label in labels[:-1]
        ]
        pairs.append((f"P({name} <= k)", rf"P(\text{{{escape_latex(name)}}} \leq k)"))
        return table, [(f"{link.name} {t}", link.latex.format(s)) for t, s in pairs]
    whole = table if len(table) == len(named) else np.vstack([np.zeros((1, table.shape[1])), table])
    heads = [
        (f"log {texts[k + 1]} / {texts[k]}", rf"\log \frac{{{latex[k + 1]}}}{{{latex[k]}}}")
        for k in range(len(named) - 1)
    ]
    symbol = rf"\text{{{escape_latex(name)}}}"
    heads.append((f"log P({name} = k + 1) / P({name} = k)", rf"\log \frac{{P({symbol} = k + 1)}}{{P({symbol} = k)}}"))
    return np.diff(whole, axis=0), heads


def _numbers(table: FloatArray) -> list[list[str]]:
    """Return the coefficients as text, all with the same decimals."""
    shown = np.where(np.isfinite(table), table, np.nan)
    cells = format_estimates(shown.ravel(), np.full(table.size, np.nan))[0]
    texts = [cell if np.isfinite(value) else "inf" for cell, value in zip(cells, table.ravel(), strict=True)]
    return [texts[k * table.shape[1] : (k + 1) * table.shape[1]] for k in range(len(table))]


def _term(info: DesignInfo, column: int, symbols: list[str]) -> tuple[str, str]:
    """Return a column as text and as LaTeX; what a symbol is goes into a list."""
    if info.names[column] == INTERCEPT:
        return "", ""
    term = next((term for term in info.terms if column in term.columns), None)
    pieces = () if term is None else pieces_of(info, term, column)
    if not pieces:
        label = info.labels.of(info.names[column])
        return label, rf"\text{{{escape_latex(label)}}}"
    found = [_piece(info, piece, symbols) for piece in pieces]
    return " * ".join(text for text, _ in found), r" \cdot ".join(latex for _, latex in found)


def _piece(info: DesignInfo, piece: Piece, symbols: list[str]) -> tuple[str, str]:
    label = expression_label(info, piece.expression)
    plain = rf"\text{{{escape_latex(label)}}}"
    if piece.level:
        level = shown_level(info, piece.expression, piece.level)
        return f"[{label} = {level}]", rf"\mathbf{{1}}[{plain} = \text{{{escape_latex(level)}}}]"
    if not piece.number:
        return label, plain
    symbols += [piece.expression] if piece.expression not in symbols else []
    letter = "B" if len(symbols) == 1 else f"B{symbols.index(piece.expression) + 1}"
    return f"{letter}_{piece.number}", rf"\mathit{{{letter}}}_{{{escape_latex(piece.number)}}}"


def _beside(record: FitRecord) -> list[tuple[str, str]]:
    """Return what stands in a predictor beside its columns: offsets, and intercepts of absorbed levels."""
    found = [
        (f"alpha[{factor.name}]", rf"\alpha_{{\text{{{escape_latex(factor.name)}}}}}")
        for factor in record.nuisance.factors
    ]
    response = record.info.response
    return found + ([("offset", r"\text{offset}")] if response.offset is not None or response.offsets else [])


def _signed(parts: Sequence[tuple[str, str]]) -> str:
    """Return a sum, whose first term has a sign only where that is minus."""
    if not parts:
        return "0"
    words = " ".join(f"{sign} {text}" for sign, text in parts)
    return words.removeprefix("+ ") if words.startswith("+") else f"-{words[2:]}"


def _wrapped(parts: Sequence[tuple[str, str]]) -> str:
    """Return a sum of LaTeX on lines of a few terms."""
    lines = [parts[k : k + LINE] for k in range(0, len(parts), LINE)]
    if not lines:
        return "0"
    rest = [" ".join(f"{sign} {latex}" for sign, latex in line) for line in lines[1:]]
    return " \\\\\n&\\quad ".join([_signed(lines[0]), *rest])


def _latex_number(text: str) -> str:
    found = POWER.fullmatch(text)
    if text.endswith("inf"):
        return text.replace("inf", r"\infty")
    return text.replace(",", "{,}") if found is None else rf"{found[1]} \times 10^{{{int(found[2])}}}"


def _notes(record: FitRecord, symbols: Sequence[str]) -> Iterator[str]:
    """Say what the symbols are."""
    for k, expression in enumerate(symbols):
        letter = "B" if k == 0 else f"B{k + 1}"
        yield f"{letter}_j: column j of {expression} ({expression_label(record.info, expression)})."
    if any(term.name in dict(record.info.references) for term in record.info.terms):
        yield "[variable = level] is 1 where it holds, else 0."
    if record.family.words.compares and record.reference is None:
        yield "c: the same for all outcomes, such that the probabilities sum to one."
    if np.isinf(record.coef).any():
        yield "inf: infinite by separation; fit.predict() takes the limit of the probabilities."
    if record.aliased.size:
        names = [record.info.names[j] for j in np.unique(record.predictors.columns[record.aliased])]
        yield f"Aliased, and not in the equation: {name_list(names)}."
