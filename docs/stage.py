"""Copy what the site is made of to one folder, from which Sphinx reads: ``python docs/stage.py FOLDER``.

The pages of ``docs/`` stay plain Markdown, whose code ``tests/test_docs.py`` runs. On the way to the site

- code blocks of the guides become cells, which are run when the site is built, and lose what the tests check in them;
- code is laid out in lines of 88 characters, which a page shows without scrolling;
- links to notebooks, and to the files at the root of the repository that are pages of the site, lead to these pages;
- notebooks are copied;
- the names on the pages of the reference are gathered on one page.

A file is written only where its text has changed, so that a second build reads only what is new.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

# Pages whose code is checked with asserts by the tests, and shown with what it returns.
GUIDES = frozenset(
    path.relative_to(DOCS).as_posix() for path in (*DOCS.glob("*.md"), *(DOCS / "coming").glob("*.md"))
) - {"README.md", "index.md", "coming/index.md"}
# Files of the root that are pages of the site.
PROJECT = ("CONTRIBUTING.md", "CHANGELOG.md", "VERSIONING.md", "SECURITY.md", "CODE_OF_CONDUCT.md")
# Files that take no part in the site, or are read by Sphinx where they lie.
LEFT_OUT = frozenset({"README.md", "stage.py", "conf.py", "check_site.py"})
LEFT_OUT_FOLDERS = frozenset({"__pycache__", "conda-forge"})

# Pages of the reference that say what users write; the others say what comes back, and what a file holds.
TO_WRITE = (
    *(
        "fitting",
        "models_and_penalties",
        "fit",
        "figures",
        "several_fits",
        "tables",
        "planning",
        "scorecards",
        "logits",
    ),
    *("estimators", "streams_and_clusters", "datasets", "conventions_and_threads"),
)
# How many characters of code a page shows beside its contents.
WIDTH = 88

BLOCK = re.compile(r"^```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^```(?:\{code-cell\}[^\n]*|python)\n((?:^:[^\n]*\n)*)(.*?)^```", re.MULTILINE | re.DOTALL)
COMMENTED = re.compile(r"^( *)(\S.*?[^\s\"'])  (# [^\"'\n]*)$", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+)([^)\s#]+)(#[^)]*)?\)")

HEADER = """---
file_format: mystnb
kernelspec:
  name: python3
---

"""


def checks_in(body: list[ast.stmt]) -> list[tuple[int, int]]:
    """Return the lines, first and last, of what the tests check in statements: these are left out of the site.

    That is each ``assert``, a statement all of whose body is checks, and ``else: raise AssertionError`` of a ``try``.
    """
    found: list[tuple[int, int]] = []
    for statement in body:
        last = statement.end_lineno or statement.lineno
        if isinstance(statement, ast.Assert):
            found.append((statement.lineno, last))
        elif isinstance(statement, ast.For | ast.With):
            alone = all(isinstance(each, ast.Assert) for each in statement.body)
            found += [(statement.lineno, last)] if alone else checks_in(statement.body)
        elif isinstance(statement, ast.Try):
            found += checks_in(statement.body)
            for handler in statement.handlers:
                checks = checks_in(handler.body)
                found += checks if len(checks) < len(handler.body) else []
            if statement.orelse and isinstance(statement.orelse[0], ast.Raise):
                found.append((statement.orelse[0].lineno - 1, last))
    return found


def without_asserts(code: str) -> str:
    """Return code without what the tests check in it."""
    lines = code.splitlines()
    for first, last in reversed(checks_in(ast.parse(code).body)):
        del lines[first - 1 : last]
    return "\n".join(lines).strip("\n")


def with_cells(text: str) -> str:
    """Return a page whose code blocks are cells that are run."""

    def cell(found: re.Match[str]) -> str:
        code = without_asserts(found[1])
        return f"```{{code-cell}} python3\n{code}\n```\n" if code else ""

    return HEADER + BLOCK.sub(cell, text)


def laid_out(cells: list[str]) -> list[str]:
    """Return cells of code in lines of at most ``WIDTH`` characters; one that has no longer line is as it was.

    A comment behind a long line goes above it first.

    Parameters
    ----------
    cells : list of str
        Code as notebooks have it: a semicolon or a magic stays.
    """
    wide = [k for k, code in enumerate(cells) if any(len(line) > WIDTH for line in code.splitlines())]
    if not wide:
        return cells

    def lifted(found: re.Match[str]) -> str:
        return f"{found[1]}{found[3]}\n{found[1]}{found[2]}" if len(found[0]) > WIDTH else found[0]

    sources = [{"source": COMMENTED.sub(lifted, cells[k]), "outputs": [], "metadata": {}} for k in wide]
    notebook = {
        "cells": [{"cell_type": "code", "execution_count": None} | each for each in sources],
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    ruff = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--isolated",
        f"--line-length={WIDTH}",
        "--stdin-filename=a.ipynb",
        "-",
    ]
    done = subprocess.run(ruff, input=json.dumps(notebook), capture_output=True, text=True, check=True).stdout
    narrow = dict(zip(wide, json.loads(done)["cells"], strict=True))
    return ["".join(narrow[k]["source"]) if k in narrow else code for k, code in enumerate(cells)]


def narrowed(text: str) -> str:
    """Return a page whose code is laid out."""
    blocks = list(SHOWN.finditer(text))
    for found, code in reversed(list(zip(blocks, laid_out([found[2].rstrip("\n") for found in blocks]), strict=True))):
        text = f"{text[: found.start(2)]}{code}\n{text[found.end(2) :]}"
    return text


def narrowed_notebook(text: str) -> str:
    """Return a notebook, as JSON, whose code is laid out."""
    notebook = json.loads(text)
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell, code in zip(cells, laid_out(["".join(cell["source"]) for cell in cells]), strict=True):
        cell["source"] = code.splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def with_links(text: str, depth: int) -> str:
    """Return a page whose links to files outside ``docs/`` lead to pages of the site, or become the path of the file.

    Parameters
    ----------
    text : str
        The page.
    depth : int
        How many folders it lies below ``docs/``.
    """
    up = "../" * depth

    def link(found: re.Match[str]) -> str:
        words, climb, target, anchor = found[1], found[2], found[3], found[4] or ""
        if len(climb) // 3 != depth + 1:
            return found[0]
        if target.startswith("notebooks/"):
            return f"[{words}]({up}{target}{anchor})"
        if target in PROJECT:
            return f"[{words}]({up}project/{Path(target).stem.lower()}.md{anchor})"
        return f"[{words}]({up}index.md)" if target == "README.md" else f"{words} (`{target}`)"

    return re.sub(rf"\]\({up}README\.md\)", f"]({up}index.md)", LINK.sub(link, text))


def called(module: str, name: str) -> str:
    """Return a name as users write it: a verb begins with the object that has it."""
    owner, _, verb = name.rpartition(".")
    if owner in {"Fit", "MultinomialFit", "OrdinalFit"}:
        return f"fit.{verb}"
    if owner == "FitOnRows":
        return f"fit.on(data).{verb}"
    if owner in {"FitPlots", "NominalPlots"}:
        return f"fit.plot.{verb}"
    room = module.removeprefix("logitkit").lstrip(".")
    if room in {"logits", "scorecard", "estimators", "datasets"}:
        return f"lk.{room}.{name}"
    return f"lk.{name}" if room in {"", "api.scorecards"} else name  # what comes back


def all_names(reference: Path) -> str:
    """Return the page of all names, by the headings of the pages that have them.

    Parameters
    ----------
    reference : Path
        The folder of the reference, whose pages list names in blocks of ``autosummary``.
    """
    lines = [
        "# Everything on one page",
        "",
        "All functions and all verbs of a fit, by task, with the classes of what comes back; a name leads to its page.",
        "",
    ]
    for page in TO_WRITE:
        heading, module, names = "", "logitkit", dict[str, list[str]]()
        for line in (reference / f"{page}.md").read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                lines += [f"## [{line[2:]}]({page}.md)", ""]
            elif line.startswith("## "):
                heading = line[3:]
            elif line.startswith(".. currentmodule::"):
                module = line.split()[-1]
            elif found := re.fullmatch(r"   ([A-Za-z_][\w.]*)", line):
                shown = called(module, found[1])
                names.setdefault(heading, []).append(f"{{py:obj}}`{shown} <{module}.{found[1]}>`")
        for under, links in names.items():
            lines += [f"{f'*{under}:* ' if under else ''}{', '.join(links)}.", ""]
    return "\n".join(lines)


def written(path: Path, text: str) -> None:
    """Write a file if its text has changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def stage(folder: Path) -> None:
    """Make the folder that Sphinx reads.

    Parameters
    ----------
    folder : Path
        Where to; what lies there and has no source any more is removed.
    """
    wanted: set[Path] = set()
    for source in sorted(DOCS.rglob("*")):
        place = source.relative_to(DOCS)
        if not source.is_file() or place.as_posix() in LEFT_OUT or LEFT_OUT_FOLDERS & set(place.parts):
            continue
        target = folder / place
        wanted.add(target)
        if source.suffix == ".md":
            text = with_links(source.read_text(encoding="utf-8"), len(place.parts) - 1)
            written(target, narrowed(with_cells(text) if place.as_posix() in GUIDES else text))
        elif source.suffix == ".py":  # of the gallery
            written(target, laid_out([source.read_text(encoding="utf-8").rstrip("\n")])[0] + "\n")
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for source in sorted((ROOT / "notebooks").glob("*.ipynb")):
        target = folder / "notebooks" / source.name
        wanted.add(target)
        written(target, narrowed_notebook(source.read_text(encoding="utf-8")))
    for name in PROJECT:
        if (ROOT / name).is_file():
            target = folder / "project" / f"{Path(name).stem.lower()}.md"
            wanted.add(target)
            text = (ROOT / name).read_text(encoding="utf-8")
            text = re.sub(r"\]\(([A-Z_]+)\.md\)", lambda found: f"]({found[1].lower()}.md)", text)
            written(target, re.sub(r"\]\(docs/", "](../", text))
    target = folder / "reference" / "all_names.md"
    wanted.add(target)
    written(target, all_names(DOCS / "reference"))
    tests = folder / "tests"  # whose reference data some pages read
    if not tests.is_symlink():
        tests.symlink_to(ROOT / "tests")
    made = {folder / "reference" / "generated", folder / "gallery_pages", tests}  # by Sphinx itself
    for path in folder.rglob("*"):
        if path.is_file() and path not in wanted and not made & set(path.parents):
            path.unlink()


if __name__ == "__main__":
    stage(Path(sys.argv[1]))
