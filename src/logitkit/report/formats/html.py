"""A document as HTML: a fragment for notebooks and one self-contained page, from the same template and style.

Every text passes through autoescape. Pictures are data URIs inside ``img``, so that neither the identifiers
nor the scripts of an SVG file reach the page, and nothing is loaded from elsewhere.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from logitkit.report.document import Block, Document, Figure, Section, Table

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render_html", "render_page"]

INSIDE_NAMES = re.compile(r"(?<=[:_\])])(?=[^\s:,_\])])|(?<=,)(?=[^\s\d])|(?=\[)")
CELL_WHOLE = 22  # characters of a cell that is not broken
NAME_WHOLE = 18  # characters of a name that always has room on one line


def render_html(document: Document) -> str:
    """Render a document as an HTML fragment with its own style, for a notebook in a light or dark theme.

    Examples
    --------
    >>> from logitkit.report.document import Document, Prose
    >>> "a &lt; b" in render_html(Document("Order", blocks=(Prose("a < b"),)))
    True
    """
    return _render("fragment", document)


def render_page(document: Document) -> str:
    """Render a document as one HTML page that needs no other file and no network.

    Examples
    --------
    >>> from logitkit.report.document import Document
    >>> page = render_page(Document("Births & weights"))
    >>> page.startswith("<!doctype html>"), "<title>Births &amp; weights</title>" in page
    (True, True)
    """
    return _render("page", document)


def _render(template: str, document: Document) -> str:
    contents = [block.heading for block in document.blocks if isinstance(block, Section)]
    text = _environment().get_template(template).render(document=document, contents=contents)
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


@cache
def _environment() -> Environment:
    """Compile the templates once a process; jinja2 is imported here so that text does not pay for it."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    loader = DictLoader(
        {
            "style.css": _STYLE,
            "page.css": _PAGE_STYLE,
            "blocks": _BLOCKS,
            "fragment": _FRAGMENT,
            "page": _PAGE,
        }
    )
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["arranged"] = _arranged
    environment.filters["breakable"] = _breakable
    environment.filters["source"] = _source
    environment.filters["spanned"] = _spanned
    environment.globals["whole"] = CELL_WHOLE
    return environment


def _arranged(blocks: Iterable[Block]) -> list[tuple[str, list[Block]]]:
    """Return runs of blocks of one kind, so that neighbouring figures share a grid."""
    return [(kind, list(run)) for kind, run in groupby(blocks, key=lambda block: type(block).__name__)]


def _breakable(name: str) -> str:
    """Return a long name with places where a line may end, after an underscore or a mark, before a bracket."""
    from markupsafe import Markup, escape

    if len(name) <= NAME_WHOLE:
        return name
    return Markup("<wbr>").join(escape(piece) for piece in INSIDE_NAMES.split(name))


def _spanned(table: Table) -> list[tuple[str, int]]:
    """Return the cells of the row of spanning heads, with how many columns each is over."""
    cells, at = list[tuple[str, int]](), 0
    for span in table.spans:
        cells += [("", span.first - at)] if span.first > at else []
        cells.append((span.name, span.count))
        at = span.first + span.count
    return [*cells, ("", len(table.columns) - at)] if at < len(table.columns) else cells


def _source(figure: Figure) -> str:
    if figure.svg is not None:
        kind, content = "svg+xml", figure.svg.encode()
    else:
        kind, content = "png", figure.png or b""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


# Drawings of lines are shown as large as they were drawn, so that the text of all of them has one size.
# Every rule begins with the class of the outer div, and outweighs or equals a notebook's own rules: JupyterLab stripes
# rows and aligns cells, and gives the label of a fact a fifth of the width, the value the rest and floats both. Colours
# derive from currentColor, as the theme is not ours.
_STYLE = """
.lk-doc{--lk-soft:rgba(128,128,128,.4);--lk-gap:1.1em;color:inherit;
  font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:14px;
  line-height:1.5;max-width:62rem;text-align:left}
.lk-doc .lk-title{font-size:1.3em;font-weight:650;line-height:1.25;margin:.2em 0 0;overflow-wrap:anywhere}
.lk-doc .lk-subtitle{margin:.15em 0 0;opacity:.75;overflow-wrap:anywhere}
.lk-doc .lk-heading{font-size:1.1em;font-weight:650;line-height:1.3;margin:1.6em 0 .5em}
.lk-doc p{margin:0 0 .7em;max-width:46rem}
.lk-doc dl.lk-facts{display:block;width:auto;margin:var(--lk-gap) 0;padding:.45em 0;columns:21em 2;column-gap:3em;
  max-width:50rem;border-top:1px solid var(--lk-soft);border-bottom:1px solid var(--lk-soft)}
.lk-doc dl.lk-facts div{display:flex;justify-content:space-between;gap:1.2em;padding:.1em 0;
  break-inside:avoid}
.lk-doc dl.lk-facts dt{float:none;width:auto;max-width:none;flex:none;margin:0;font-weight:400;opacity:.75;
  white-space:nowrap}
.lk-doc dl.lk-facts dd{float:none;width:auto;margin:0;text-align:right;font-variant-numeric:tabular-nums;
  overflow-wrap:anywhere}
.lk-doc dl.lk-facts div.lk-long{column-span:all;justify-content:flex-start}
.lk-doc dl.lk-facts div.lk-long dd{text-align:left}
.lk-doc .lk-warnings{margin:var(--lk-gap) 0;padding:.65em 1em;border-left:4px solid #d97706;
  border-radius:3px;background:rgba(217,119,6,.13);max-width:50rem;box-sizing:border-box}
.lk-doc .lk-warnings p{margin:.15em 0}
.lk-doc .lk-scroll{overflow-x:auto;margin:var(--lk-gap) 0 .4em}
.lk-doc table.lk-table{border-collapse:collapse;border:0;border-top:2px solid currentColor;
  border-bottom:2px solid currentColor;margin:0;font-size:1em;table-layout:auto;width:auto;
  font-variant-numeric:tabular-nums lining-nums;color:inherit;background:transparent}
.lk-doc table.lk-table caption{caption-side:top;text-align:left;font-weight:600;padding:0 0 .45em;
  color:inherit;white-space:nowrap}
.lk-doc table.lk-table thead{border-bottom:1px solid currentColor}
.lk-doc table.lk-table tr,.lk-doc table.lk-table tbody tr:nth-child(n){background:transparent;border:0}
.lk-doc table.lk-table tbody tr:nth-child(n):hover{background:rgba(128,128,128,.12)}
.lk-doc table.lk-table th,.lk-doc table.lk-table td{padding:.24em .6em;border:0;font-weight:400;
  text-align:right;white-space:nowrap;vertical-align:baseline;color:inherit;background:transparent}
.lk-doc table.lk-table thead th{font-weight:600;padding-top:.4em;padding-bottom:.4em;vertical-align:bottom;
  white-space:normal}
.lk-doc table.lk-table .lk-left{text-align:left}
.lk-doc table.lk-table tbody .lk-left{white-space:normal;overflow-wrap:anywhere;min-width:8em;
  max-width:26em}
.lk-doc table.lk-table tbody .lk-whole{white-space:nowrap;min-width:0}
.lk-doc table.lk-table tr>:first-child{padding-left:.3em}
.lk-doc table.lk-table tr>:last-child{padding-right:.3em}
.lk-doc table.lk-table tbody tr:first-child>*{padding-top:.5em}
.lk-doc table.lk-table tbody tr:last-child>*{padding-bottom:.5em}
.lk-doc table.lk-table tr.lk-spans th{text-align:center;padding-bottom:.15em;border-bottom:1px solid currentColor}
.lk-doc table.lk-table tbody th.lk-level{padding-left:1.6em}
.lk-doc table.lk-table tbody th.lk-heading{font-size:1em;font-weight:600;margin:0}
.lk-doc table.lk-table tbody tr.lk-ruled:nth-child(n){border-top:1px solid currentColor}
.lk-doc .lk-notes{margin:.4em 0 var(--lk-gap);font-size:.88em;opacity:.8}
.lk-doc .lk-notes p{margin:0 0 .25em}
.lk-doc .lk-figures{display:flex;flex-wrap:wrap;gap:1.6em;margin:var(--lk-gap) 0}
.lk-doc figure{margin:0;max-width:100%;break-inside:avoid}
.lk-doc figure .lk-name{font-weight:600;margin:0 0 .4em}
.lk-doc figure img{display:block;width:auto;max-width:100%;height:auto;margin:0;background:#fff;border-radius:3px}
.lk-doc figure img.lk-png{width:36em}
.lk-doc figcaption{max-width:36em;font-size:.9em;opacity:.8;margin:.5em 0 0}
"""

_PAGE_STYLE = """
:root{color-scheme:light dark}
body{margin:0;background:#fff;color:#1b1f24}
a{color:#1f5fbf;text-decoration-thickness:1px;text-underline-offset:.15em}
.lk-doc.lk-page{font-size:16px;line-height:1.55;max-width:56rem;margin:0 auto;padding:3rem 2rem 4rem}
.lk-page h1.lk-title{font-size:1.9em;letter-spacing:-.012em}
.lk-page .lk-subtitle{font-size:1.05em}
.lk-page h2.lk-heading{font-size:1.3em;margin:2.2em 0 .6em;padding-top:.7em;
  border-top:1px solid var(--lk-soft)}
.lk-page .lk-scroll,.lk-page .lk-notes,.lk-page dl.lk-facts{font-size:.92em}
.lk-page nav{margin:var(--lk-gap) 0;display:flex;flex-wrap:wrap;gap:.2em 1.4em;font-size:.94em}
@media (max-width:40rem){
.lk-doc.lk-page{padding:1.4rem 1rem 2rem;font-size:15px}
}
@media screen and (prefers-color-scheme:dark){
body{background:#14171b;color:#e4e6e9}
a{color:#8ab4f8}
.lk-page figure img{padding:.6em;box-sizing:border-box}
}
@media print{
@page{margin:18mm 16mm}
body{background:#fff;color:#000}
.lk-doc.lk-page{font-size:10pt;max-width:none;padding:0}
.lk-page nav{display:none}
.lk-page .lk-scroll{overflow:visible}
.lk-page tr,.lk-page .lk-warnings{break-inside:avoid}
.lk-page thead{display:table-header-group}
.lk-page .lk-heading{break-after:avoid}
.lk-page .lk-warnings{border:1px solid #d97706;border-left-width:4px}
}
"""

_BLOCKS = """
{% macro notes(texts) %}
{% if texts %}
<div class="lk-notes">
{% for text in texts %}
<p>{{ text }}</p>
{% endfor %}
</div>
{% endif %}
{% endmacro %}

{% macro table(table) %}
<div class="lk-scroll">
<table class="lk-table">
{% if table.title %}
<caption>{{ table.title }}</caption>
{% endif %}
<thead>
{% if table.spans %}
<tr class="lk-spans">
{%- for name, count in table | spanned %}
{% if name %}<th scope="colgroup" colspan="{{ count }}">{{ name }}</th>
{%- else %}<td{% if count > 1 %} colspan="{{ count }}"{% endif %}></td>
{%- endif %}
{%- endfor %}
</tr>
{% endif %}
<tr>
{%- for column in table.columns %}
<th scope="col"{% if column.align == "left" %} class="lk-left"{% endif %}>{{ column.name }}</th>
{%- endfor %}
</tr>
</thead>
<tbody>
{% for row in table.rows %}
{% set what = table.kind(loop.index0) %}
<tr{% if table.is_ruled(loop.index0) %} class="lk-ruled"{% endif %}>
{%- for cell in row %}
{% if table.columns[loop.index0].align == "left" %}
{% set kind = "lk-left lk-whole" if cell | length <= whole else "lk-left" %}
{% if loop.first and what in ("level", "heading") %}{% set kind = kind ~ " lk-" ~ what %}{% endif %}
{% if loop.first %}<th scope="row" class="{{ kind }}">{{ cell | breakable }}</th>
{%- else %}<td class="{{ kind }}">{{ cell | breakable }}</td>{% endif %}
{% else %}<td>{{ cell }}</td>{% endif %}
{%- endfor %}
</tr>
{% endfor %}
</tbody>
</table>
</div>
{{ notes(table.notes) }}
{% endmacro %}

{% macro figures(figures) %}
<div class="lk-figures">
{% for figure in figures %}
<figure>
<p class="lk-name">{{ figure.title }}</p>
<img src="{{ figure | source }}" alt="{{ figure.alt }}"{% if figure.svg is none %} class="lk-png"{% endif %}>
{% if figure.caption %}
<figcaption>{{ figure.caption }}</figcaption>
{% endif %}
</figure>
{% endfor %}
</div>
{% endmacro %}

{% macro arranged(blocks, level) %}
{% for kind, run in blocks | arranged %}
{% if kind == "Figure" %}
{{ figures(run) }}
{% else %}
{% for block in run %}
{% if kind == "Table" %}
{{ table(block) }}
{% elif kind == "Prose" %}
{% for paragraph in block.paragraphs %}
<p>{{ paragraph }}</p>
{% endfor %}
{% else %}
{{ section(block, level) }}
{% endif %}
{% endfor %}
{% endif %}
{% endfor %}
{% endmacro %}

{% macro section(block, level, anchor="") %}
<section{% if anchor %} id="{{ anchor }}"{% endif %}>
{% if level %}
<h{{ [level, 6] | min }} class="lk-heading">{{ block.heading }}</h{{ [level, 6] | min }}>
{% else %}
<div class="lk-heading">{{ block.heading }}</div>
{% endif %}
{{ arranged(block.blocks, level and level + 1) }}
</section>
{% endmacro %}

{% macro facts_and_warnings(document) %}
{% if document.facts %}
<dl class="lk-facts">
{% for fact in document.facts %}
<div{% if fact.is_long %} class="lk-long"{% endif %}><dt>{{ fact.label }}</dt><dd>{{ fact.value }}</dd></div>
{% endfor %}
</dl>
{% endif %}
{% if document.warnings %}
<div class="lk-warnings" role="note">
{% for text in document.warnings %}
<p><strong>Warning.</strong> {{ text }}</p>
{% endfor %}
</div>
{% endif %}
{% endmacro %}
"""

# A fragment has no h1 to h6: notebooks would list them in their table of contents.
_FRAGMENT = """
{% import "blocks" as show %}
<div class="lk-doc">
<style>{% include "style.css" %}</style>
<div class="lk-title">{{ document.title }}</div>
{% if document.subtitle %}
<div class="lk-subtitle">{{ document.subtitle }}</div>
{% endif %}
{{ show.facts_and_warnings(document) }}
{{ show.arranged(document.blocks, 0) }}
{{ show.notes(document.notes) }}
</div>
"""

_PAGE = """
{% import "blocks" as show %}
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="logitkit">
<title>{{ document.title }}</title>
<style>{% include "style.css" %}{% include "page.css" %}</style>
</head>
<body>
<main class="lk-doc lk-page">
<header>
<h1 class="lk-title">{{ document.title }}</h1>
{% if document.subtitle %}
<p class="lk-subtitle">{{ document.subtitle }}</p>
{% endif %}
{{ show.facts_and_warnings(document) }}
</header>
{% if contents | length >= 3 %}
<nav aria-label="Contents">
{% for heading in contents %}
<a href="#section-{{ loop.index }}">{{ heading }}</a>
{% endfor %}
</nav>
{% endif %}
{% set place = namespace(section=0) %}
{% for kind, run in document.blocks | arranged %}
{% if kind == "Section" %}
{% for block in run %}
{% set place.section = place.section + 1 %}
{{ show.section(block, 2, "section-" ~ place.section) }}
{% endfor %}
{% else %}
{{ show.arranged(run, 2) }}
{% endif %}
{% endfor %}
{{ show.notes(document.notes) }}
</main>
</body>
</html>
"""
