"""The documentation is true: what docstrings cite is there, links lead somewhere, and code blocks run."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from logitkit.inference.intervals import bootstrap_intervals

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
# An index and a table of timings state nothing that code could check.
WITHOUT_CODE = {"README.md", "benchmarks.md", "benchmarks-binning.md", "benchmarks-logits.md"}
# Pages of the site alone: their cells are run by `make docs`, or they only say where others are.
OF_THE_SITE = [
    page
    for page in PAGES
    if page.parent.name in {"start", "how", "reference"} or "```{toctree}" in page.read_text(encoding="utf-8")
]
CHECKED = [page for page in PAGES if page.name not in WITHOUT_CODE and page not in OF_THE_SITE]
# Sizes that a reader sees and that `make test` need not wait for: what the page asserts holds of these as well.
LESS = {
    "docs/penalised.md": {
        "cv = lk.cross_validate(formula, credit, model=bad)": (
            "cv = lk.cross_validate(formula, credit, model=bad, folds=lk.Folds(3), n_strengths=20)"
        ),
        "penalty=lk.Ridge(), n_strengths=20": "penalty=lk.Ridge(), folds=lk.Folds(3), n_strengths=10",
        "penalty=lk.GroupLasso(), n_strengths=20": "penalty=lk.GroupLasso(), folds=lk.Folds(3), n_strengths=10",
        "cv=lk.Folds(3), n_strengths=12": "cv=lk.Folds(2), n_strengths=6",
    },
    "docs/tour.md": {"folds=lk.Folds(10, repeats=3)": "folds=lk.Folds(3)"},
}
SOURCES = sorted((ROOT / "src" / "logitkit").rglob("*.py"))

PAGE_PATH = re.compile(r"docs/[\w./-]*\w")
# "equation 3", "equations 6 to 8", "theorems 1 and 2"
NUMBERED = re.compile(r"\b(equation|theorem)s? (\d+)(?: (to|and) (\d+))?", re.IGNORECASE)
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
TOC = re.compile(r"^```\{toctree\}\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED_FILE = re.compile(r"`((?:[\w-]+/)*[\w-]+(?:\.(?:py|md|R|toml|ipynb|yaml)|/))`")
CODE_PATH = re.compile(r"`((?:src|tests|docs|datasets|notebooks|benchmarks)/[\w./-]+)`")


def page_id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def docstrings(path: Path) -> tuple[str, ...]:
    """Every docstring of a module, on one line each."""
    found, left = [], [ast.parse(path.read_text(encoding="utf-8"))]
    while left:
        node = left.pop(0)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node)
            if text:
                found.append(" ".join(text.split()))
        left += [
            each for each in ast.iter_child_nodes(node) if not isinstance(each, ast.expr)
        ]  # which has no docstring
    return tuple(found)


@cache
def defined_on(page: Path) -> frozenset[tuple[str, int]]:
    """The equations and theorems that a page numbers."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    equations = {("equation", int(number)) for number in re.findall(r"\\tag\{(\d+)\}", text)}
    return frozenset(equations | {("theorem", int(number)) for number in re.findall(r"\*\*Theorem (\d+)", text)})


def numbers_in(text: str) -> set[tuple[str, int]]:
    """The equations and theorems that a text names."""
    found = set()
    for kind, first, word, last in NUMBERED.findall(text):
        numbers = {int(first)} | ({int(last)} if word else set())
        if word == "to":
            numbers = set(range(int(first), int(last) + 1))
        found |= {(kind.lower(), number) for number in numbers}
    return found


@cache
def citations() -> list[tuple[Path, frozenset[str], frozenset[tuple[str, int]]]]:
    """Each module that cites documentation: which pages, and which numbers its docstrings name."""
    found = []
    for source in SOURCES:
        text = " ".join(docstrings(source))
        pages = frozenset(PAGE_PATH.findall(text))
        if pages:
            # A module without a page in these docs may cite the equations of a paper.
            found.append((source, pages, frozenset(numbers_in(text))))
    return found


def test_what_a_docstring_cites_is_there():
    for source, pages, numbers in citations():
        for page in pages:
            assert (ROOT / page).is_file(), f"{source.name} cites {page}, which does not exist"
        there = frozenset().union(*(defined_on(ROOT / page) for page in pages))
        assert numbers <= there, f"{source.name} cites {sorted(numbers - there)}, not on {sorted(pages)}"


def test_the_sources_cite_every_page_of_the_mathematics_of_the_fit():
    cited = {page for _, pages, _ in citations() for page in pages}
    assert {"docs/maths/binomial.md", "docs/maths/rank.md", "docs/maths/separation.md"} <= cited
    named = {number for _, _, numbers in citations() for number in numbers}
    assert {("equation", n) for n in range(1, 9)} | {("theorem", 1)} <= named


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_equations_and_theorems_are_numbered_in_order_without_gaps(page):
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for pattern in (r"\\tag\{(\d+)\}", r"\*\*Theorem (\d+)"):
        numbers = [int(number) for number in re.findall(pattern, text)]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("page", CHECKED, ids=page_id)
def test_code_blocks_run(page, tmp_path, monkeypatch):
    run_blocks(page, LESS.get(page_id(page), {}), tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in CHECKED if page_id(page) in LESS], ids=page_id)
def test_code_blocks_run_as_they_stand(page, tmp_path, monkeypatch):
    run_blocks(page, {}, tmp_path, monkeypatch)


def test_pages_with_smaller_sizes_are_there():
    assert LESS.keys() <= {page_id(page) for page in CHECKED}


def run_blocks(page, less, tmp_path, monkeypatch):
    """Run the code blocks of a page one after another, with other sizes where they are stated."""
    (tmp_path / "tests").symlink_to(Path("tests").resolve())
    monkeypatch.chdir(tmp_path)  # where a page may write files
    monkeypatch.setattr(bootstrap_intervals, "STANDARD_REPLICATES", 199)  # what is shown needs no more
    text = page.read_text(encoding="utf-8")
    for whole, smaller in less.items():
        assert text.count(whole) == 1, whole
        text = text.replace(whole, smaller)
    blocks = list(BLOCK.finditer(text))
    assert any("assert " in block[1] for block in blocks), f"{page.name} has no block that could fail"
    namespace: dict[str, Any] = {"__name__": "docs"}
    for block in blocks:
        # Blank lines before the block make a failing assert show its line of the page.
        code = "\n" * text.count("\n", 0, block.start(1)) + block[1]
        exec(compile(code, str(page), "exec"), namespace)


@cache
def anchors(page: Path) -> frozenset[str]:
    """What GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_and_paths_resolve(page):
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if "://" in target:
            continue
        place, _, anchor = target.partition("#")
        file = (page.parent / place).resolve() if place else page
        assert file.exists(), f"{page_id(page)} links to {target}"
        assert not anchor or anchor in anchors(file), f"{page_id(page)} links to {target}: no such heading"
    for path in CODE_PATH.findall(text):
        assert (ROOT / path).exists(), f"{page_id(page)} names {path}"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "README.md"], ids=page_id)
def test_every_file_and_folder_that_is_named_is_there(page):
    """By any end of its path, ``engine/rows/`` or ``sandwich.py``; capitals stand for a name that is to be chosen."""
    named = {name.rstrip("/") for name in NAMED_FILE.findall(FENCED.sub("", page.read_text(encoding="utf-8")))}
    ends = {path[start:] for path in kept_paths() for start in (0, *(k + 1 for k, c in enumerate(path) if c == "/"))}
    chosen = {name for name in named if Path(name).stem.isupper() and (ROOT / name).suffix == ".py"}
    assert named - chosen - ends == set()


@cache
def kept_paths() -> frozenset[str]:
    """The files of the repository and their folders, from its root."""
    tops = ("src", "tests", "docs", "benchmarks", "datasets", "notebooks")
    found = [path for top in tops for path in (ROOT / top).rglob("*") if "__pycache__" not in path.parts]
    found += [path for path in ROOT.iterdir() if path.is_file() or path.name in tops]
    return frozenset(path.relative_to(ROOT).as_posix() for path in found)


def test_every_page_is_in_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {(DOCS / target).resolve() for target in LINK.findall(index) if "://" not in target}
    assert {page for page in PAGES if page != DOCS / "README.md" and page not in OF_THE_SITE} <= linked


def test_the_site_reaches_every_page():
    reached, left = set(), [DOCS / "index.md"]
    while left:
        page = left.pop()
        reached.add(page)
        for body in TOC.findall(page.read_text(encoding="utf-8")):
            for entry in (line.strip() for line in body.splitlines() if line.strip() and not line.startswith(":")):
                found = page.parent.glob(f"{entry}.md") if "*" in entry else [(page.parent / f"{entry}.md").resolve()]
                left += [each for each in found if each.is_file() and each not in reached]
    assert set(PAGES) - reached == {DOCS / "README.md"}
