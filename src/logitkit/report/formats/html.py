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
from logitkit.report.formats.page_style import PAGE_STYLE, SORT_SCRIPT, STYLE

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
            "style.css": STYLE,
            "page.css": PAGE_STYLE,
            "blocks": _BLOCKS,
            "fragment": _FRAGMENT,
            "page": _PAGE,
            "sort.js": SORT_SCRIPT,
        }
    )
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["arranged"] = _arranged
    environment.filters["breakable"] = _breakable
    environment.filters["source"] = _source
    environment.filters["spanned"] = _spanned
    environment.filters["in_script"] = _in_script
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


def _in_script(text: str) -> str:
    """Return JSON as it may stand in a script of a page: no sign in it can end that."""
    from markupsafe import Markup

    return Markup(text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e"))


def _source(figure: Figure) -> str:
    if figure.svg is not None:
        kind, content = "svg+xml", figure.svg.encode()
    else:
        kind, content = "png", figure.png or b""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


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
<section{% if anchor %} id="{{ anchor }}" aria-labelledby="{{ anchor }}-heading"{% endif %}>
{% if level %}
{% set tag = "h" ~ ([level, 6] | min) %}
<{{ tag }} class="lk-heading"{% if anchor %} id="{{ anchor }}-heading"{% endif %}>{{ block.heading }}</{{ tag }}>
{% else %}
<div class="lk-heading">{{ block.heading }}</div>
{% endif %}
{% if block.items %}
<p class="lk-items">TRIPOD+AI {{ block.items }}</p>
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
<a class="lk-skip" href="#content">Skip to the content</a>
<div class="lk-doc lk-page">
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
<main id="content">
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
</main>
<footer>
{{ show.notes(document.notes) }}
<p class="lk-made">Written by logitkit. Tables are sorted by a click on a heading, where the browser runs scripts.</p>
</footer>
</div>
{% if document.numbers %}
<script type="application/json" id="lk-numbers">{{ document.numbers | in_script }}</script>
{% endif %}
<script>{% include "sort.js" %}</script>
</body>
</html>
"""
