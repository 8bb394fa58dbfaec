"""The reference names every public object and verb, and nothing that does not exist."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pydoc
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import logitkit as lk
from logitkit.engine.saved import schema
from logitkit.engine.saved.adjustment import ADJUSTMENT
from logitkit.engine.saved.model import MODEL
from logitkit.engine.saved.shapes import Table
from logitkit.results.figures import FitPlots
from logitkit.results.nominal import NominalPlots, NominalRowPlots
from logitkit.results.on_rows import FitOnRows
from logitkit.results.row_figures import RowPlots

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
PAGES = sorted(REFERENCE.glob("*.md"))
LISTED = re.compile(r"^```\{eval-rst\}\n(.*?)^```", re.MULTILINE | re.DOTALL)
MODULE = re.compile(r"\.\. currentmodule:: (\S+)")
ENTRY = re.compile(r"^   ([\w.]+)$", re.MULTILINE)
# Shown as values in the prose, since they are mappings.
IN_PROSE = {"datasets": {"CATALOGUE", "SBA_SECTORS"}}
# Names of `lk` that are modules, with pages of their own.
MODULES = {"datasets", "errors", "logits", "scorecard"}
# Of the tree of errors: for authors of the package.
INNER = {"nearest_name", "postponed_warnings", "quoted_names", "warn_again", "warn_caller"}


@cache
def listed(page: Path) -> tuple[tuple[str, str], ...]:
    """The module and the name of each entry of the tables of a page."""
    found = []
    for block in LISTED.findall(page.read_text(encoding="utf-8")):
        module = MODULE.search(block)
        assert module is not None, f"{page.name} has a table without a module"
        found += [(module[1], name) for name in ENTRY.findall(block)]
    return tuple(found)


@cache
def named() -> frozenset[tuple[str, str]]:
    """All entries of the reference."""
    return frozenset(entry for page in PAGES for entry in listed(page))


def verbs(kind: type) -> set[str]:
    """The public verbs and properties of a class."""
    return {name for name in dir(kind) if not name.startswith("_")}


def of(kind: str, page: str | None = None) -> set[str]:
    """The verbs of a class that the reference, or one page of it, lists."""
    entries = named() if page is None else listed(REFERENCE / page)
    return {name.split(".")[1] for _, name in entries if name.startswith(f"{kind}.")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_lists_exists(page):
    for module, name in listed(page):
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            assert hasattr(found, part), f"{page.name} lists {module}.{name}"
            found = getattr(found, part)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_calls_and_verbs_that_the_prose_names_exist(page):
    text = LISTED.sub("", page.read_text(encoding="utf-8"))
    for dotted in re.findall(r"\blk((?:\.\w+)+)", text):
        found: Any = lk
        for part in dotted.strip(".").split("."):
            assert hasattr(found, part), f"{page.name} names lk{dotted}"
            found = getattr(found, part)
    for kind, owner in (("fit", lk.Fit), ("fit.plot", FitPlots)):
        for verb in re.findall(rf"(?<![\w./]){re.escape(kind)}\.([a-z]\w*)", text):
            assert verb == "md" or hasattr(owner, verb), f"{page.name} names {kind}.{verb}"


def test_every_public_name_is_listed():
    assert {name for module, name in named() if module == "logitkit"} >= set(lk.__all__) - MODULES
    assert ("logitkit.api.scorecards", "scorecard") in named()


@pytest.mark.parametrize("room", ["datasets", "errors", "estimators", "logits", "scorecard"])
def test_every_name_of_a_room_is_listed(room):
    known = {name for module, name in named() if module == f"logitkit.{room}"}
    prose = (REFERENCE / "datasets.md").read_text(encoding="utf-8")
    assert all(f"lk.datasets.{name}" in prose for name in IN_PROSE["datasets"])
    assert set(getattr(lk, room).__all__) - IN_PROSE.get(room, set()) - INNER == known


def test_every_verb_of_a_fit_is_on_its_page():
    assert of("Fit", "fit.md") == verbs(lk.Fit)
    assert of("MultinomialFit", "fit.md") == verbs(lk.MultinomialFit) - verbs(lk.Fit)
    assert of("OrdinalFit", "fit.md") == verbs(lk.OrdinalFit) - verbs(lk.Fit)


def test_every_verb_of_a_fit_on_rows_is_on_its_page():
    assert of("FitOnRows", "fit_on.md") == verbs(FitOnRows)


def documented(module: str, name: str) -> str:
    """The docstring of an entry: a property's is that of its function."""
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = inspect.getattr_static(found, part) if inspect.isclass(found) else getattr(found, part)
    return inspect.getdoc(found.__func__ if isinstance(found, classmethod | staticmethod) else found) or ""


def shown_by_examples(text: str) -> list[str]:
    """What the examples of a docstring print, less what only says that something holds."""
    printed = [example.want.strip() for example in doctest.DocTestParser().get_examples(text)]
    return [each for each in printed if each and not re.fullmatch(r"[(\[]?((True|False)(, |\b))+[)\]]?", each)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_entry_has_an_example_that_shows_more_than_a_boolean(page):
    bare = [f"{module}.{name}" for module, name in listed(page) if not shown_by_examples(documented(module, name))]
    assert bare == []


def test_an_example_of_booleans_alone_shows_nothing():
    for nothing in ("", ">>> 1 == 1\nTrue\n", ">>> 1 == 1, 2 == 1\n(True, False)\n", ">>> import re\n"):
        assert shown_by_examples(nothing) == []
    assert shown_by_examples(">>> 1 + 1, True\n(2, True)\n") == ["(2, True)"]


def test_every_figure_is_listed():
    assert of("FitPlots", "figures.md") == verbs(FitPlots)
    assert of("NominalPlots", "figures.md") == verbs(NominalPlots) - verbs(FitPlots)
    assert verbs(RowPlots) <= verbs(FitPlots)
    assert verbs(NominalRowPlots) <= verbs(NominalPlots)


def fields_of(kind: Any) -> set[str]:
    """The names of the fields of a kind of value, with those of its parts."""
    tables = [getattr(kind, "fields", {}), *getattr(kind, "optional", ())]
    kinds = getattr(kind, "kinds", ())
    parts = [part for table in tables for part in table.values()]
    parts += kinds.values() if hasattr(kinds, "values") else kinds
    parts += [kind.kind] if hasattr(kind, "kind") else []
    return {name for table in tables for name in table}.union(*map(fields_of, parts))


def test_every_field_of_a_saved_fit_is_described():
    page = (REFERENCE / "saved_format.md").read_text(encoding="utf-8")
    top = Table(schema.FIELDS, optional=schema.OPTIONAL)
    arguments = {
        name for kind in (lk.Binary, lk.Multinomial, lk.Ordinal) for name in fields_of(MODEL.kinds[kind.__name__])
    }
    of_penalties = {name for kind in ADJUSTMENT.fields["stated"].kinds.values() for name in fields_of(kind)}
    described = set(re.findall(r"`(\w+)`", page)) | set(re.findall(r'"(\w+)":', page))
    assert fields_of(top) - arguments - of_penalties - described == set()
    assert f"version {schema.VERSION} of the format" in page


def test_help_of_a_fit_lists_its_verbs_on_two_screens():
    births = lk.datasets.load_lbw()
    fits = (lk.logit("low ~ age", births), lk.multinomial("race ~ age", births))
    for fit in (*fits, lk.ordinal("ftv ~ 1", births.assign(ftv=births.ftv.clip(upper=2)))):
        shown = pydoc.plain(pydoc.render_doc(fit))
        assert len(shown.splitlines()) <= 60
        assert verbs(type(fit)) - set(re.findall(r"\w+", shown)) == set()
        assert "Parameters" in (type(fit).__doc__ or "")


def lines_of_help(found: Any, width: int = 100) -> int:
    """How many lines ``help`` takes in a terminal of that width, in which long lines are broken."""
    shown = pydoc.plain(pydoc.render_doc(found)).splitlines()
    return sum(max(1, -(-len(line) // width)) for line in shown)


@pytest.mark.parametrize("function", [lk.logit, lk.multinomial, lk.ordinal, lk.fit], ids=lambda found: found.__name__)
def test_help_of_a_main_function_fits_on_two_screens_and_points_on(function):
    assert lines_of_help(function) <= 60
    text = inspect.getdoc(function) or ""
    assert "``help(fit)``" in text
    pages = re.findall(r"``docs/(\S+\.md)``", text)
    assert "reference/fitting.md" in pages
    assert all((REFERENCE.parent / page).is_file() for page in pages)


def test_every_option_of_the_main_functions_is_described_in_full():
    options = {
        name for each in (lk.logit, lk.multinomial, lk.ordinal, lk.fit) for name in inspect.signature(each).parameters
    }
    headings = re.findall(r"^(`.*`)\n: ", (REFERENCE / "fitting.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for heading in headings for name in re.findall(r"`(\w+)`", heading)} == options


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_templates_of_a_page_are_there(page):
    for template in re.findall(r":template: (\S+)", page.read_text(encoding="utf-8")):
        assert (REFERENCE.parent / "_templates" / template).is_file()
