"""The shape of the source: layers, fences, sizes and names.

The layers and the fences are written down once, as import-linter contracts in pyproject.toml. import-linter
sees import statements, at the top of a file or inside a function. It does not see an import spelled as a
string (``lazy_loader.load("matplotlib")``), so those are checked here against the same table.
"""

from __future__ import annotations

import ast
import fnmatch
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "logitkit"
SOURCES = sorted(PACKAGE.rglob("*.py"))

MAX_LINES = 400
# A name that says nothing about its content gathers everything.
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
# `import logitkit` must load none of these: each costs more than everything else together.
HEAVY = {
    "formulaic",
    "jinja2",
    "matplotlib",
    "narwhals",
    "numba",
    "pandas",
    "polars",
    "pyarrow",
    "scipy.stats",
}
HEAVY |= {"sklearn", "statsmodels"}
# Functions that import what their first argument names.
LOADERS = {"import_module", "__import__", "load", "attach", "find_spec"}


def module_name(path: Path) -> str:
    """The dotted name under which a source file is imported."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def by_type(tree: ast.AST) -> dict[type, list[Any]]:
    """All nodes of a tree, by their type."""
    found: dict[type, list[Any]] = {}
    for node in ast.walk(tree):
        found.setdefault(type(node), []).append(node)
    return found


@cache
def nodes(path: Path) -> dict[type, list[Any]]:
    """All nodes of a file, by their type: each file is gone through once for all the tests."""
    return by_type(syntax(path))


@pytest.fixture(scope="module", autouse=True)
def trees_are_let_go() -> Iterator[None]:
    """Forget the trees behind the last test: the garbage collector would look at them again and again."""
    yield
    for cached in (written, nodes, syntax):
        cached.cache_clear()


def statement_imports(path: Path) -> set[str]:
    """Every module that the file imports, at any depth; ``from a import b`` gives a and a.b."""
    found: set[str] = set()
    for node in nodes(path).get(ast.Import, []):
        found.update(alias.name for alias in node.names)
    for node in nodes(path).get(ast.ImportFrom, []):
        if node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def string_imports(path: Path) -> set[str]:
    """Every module that the file asks a loader for by a literal name."""
    found: set[str] = set()
    for node in nodes(path).get(ast.Call, []):
        if not node.args:
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        if called in LOADERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
            found.add(first.value)
    return found


def contracts(kind: str) -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [c for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == kind]


def fences() -> dict[str, list[str]]:
    """For each fenced library, the patterns of the modules that may import it."""
    table: dict[str, list[str]] = {}
    for contract in contracts("forbidden"):
        for library in contract["forbidden_modules"]:
            table[library] = [
                importer.replace("**", "*")
                for importer, imported in (rule.split(" -> ") for rule in contract["ignore_imports"])
                if imported == library
            ]
    return table


def test_there_is_source_to_check() -> None:
    assert len(SOURCES) > 1
    assert fences().keys() >= {
        "numba",
        "formulaic",
        "matplotlib",
        "pandas",
        "narwhals",
        "sklearn",
        "dask",
        "distributed",
    }


def test_layers_and_fences() -> None:
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_library_passes_its_fence_as_a_string() -> None:
    table = fences()
    passed = [
        f"{module_name(path)} loads {name}"
        for path in SOURCES
        for name in string_imports(path)
        if name.split(".")[0] in table
        and not any(fnmatch.fnmatchcase(module_name(path), p) for p in table[name.split(".")[0]])
    ]
    assert passed == []


def test_inner_modules_do_not_import_the_public_face() -> None:
    """``import logitkit`` or ``from logitkit import logit`` below the top would go around the layers."""
    modules = {module_name(path) for path in SOURCES}
    around = [
        f"{module_name(path)} imports {name}"
        for path in SOURCES
        if module_name(path) not in {"logitkit", "logitkit.cli.command"}
        for name in statement_imports(path)
        if name.startswith("logitkit.") and name.count(".") == 1 and name not in modules
    ]
    around += [
        f"{module_name(path)} imports logitkit"
        for path in SOURCES
        if module_name(path) not in {"logitkit", "logitkit.cli.command"}
        for node in nodes(path).get(ast.Import, [])
        if any(alias.name == "logitkit" for alias in node.names)
    ]
    assert around == []


def test_kernels_are_functions_on_arrays_and_share_only_compiled_functions() -> None:
    """What is kept of a kernel depends on the files of the functions that are compiled into it, and on no other.

    So an edit in another kernel, or of a constant or a function that is not compiled, would go unnoticed. The
    decorators of the package hold no arithmetic.
    """
    kernels = sorted((PACKAGE / "numerics" / "kernels").rglob("*.py"))
    assert len(kernels) > 1
    package = "logitkit.numerics.kernels"
    shared = {
        f"{module_name(path)}.{node.name}"
        for path in kernels
        if path.parent.name == "inner"
        for node in nodes(path).get(ast.FunctionDef, [])
        if {ast.unparse(each) for each in node.decorator_list} & {"compiled", "compiled_fused", "compiled_sum"}
    }
    assert f"{package}.inner.logit_chunk.logit_chunk" in shared
    broken = []
    for path in kernels:
        named = [alias.name for node in nodes(path).get(ast.Import, []) for alias in node.names]
        named += [f"{node.module}.{a.name}" for node in nodes(path).get(ast.ImportFrom, []) for a in node.names]
        own = [n for n in named if n.startswith("logitkit") and n not in shared]
        own = [n for n in own if not n.startswith((f"{package}.compiled", "logitkit.typing."))]
        broken += [f"{module_name(path)} imports {n}" for n in own if path.stem != "__init__"]
        broken += [f"{module_name(path)} defines class {n.name}" for n in nodes(path).get(ast.ClassDef, [])]
    assert broken == []


def test_no_file_is_too_long() -> None:
    lengths = {module_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: n for name, n in lengths.items() if n > MAX_LINES} == {}


def test_every_name_says_what_is_inside() -> None:
    named = [p for folder in ("src", "tests", "benchmarks", "docs") for p in (ROOT / folder).rglob("*.py")]
    vague = [
        str(path.relative_to(ROOT))
        for path in named
        if FORBIDDEN_NAMES & {part.strip("_") for part in path.relative_to(ROOT).with_suffix("").parts}
    ]
    assert vague == []


def test_no_verb_is_written_twice() -> None:
    """A file named for several outcomes or for a penalty would be half of a verb; what only they have has a name."""
    halves = [module_name(path) for path in SOURCES if path.stem.startswith(("outcome_", "multinomial_", "penalised_"))]
    assert halves == []


def test_no_code_asks_which_family_it_has() -> None:
    """What differs between families is a method or a property of theirs: a new one then needs no change elsewhere."""
    kinds = {"FitRecord", "Response", "Family", "Binomial", "Multinomial", "Cumulative"}
    asking = [
        f"{module_name(path)}:{node.lineno}"
        for path in SOURCES
        if not module_name(path).startswith(("logitkit.models.", "logitkit.engine.saved."))
        for node in nodes(path).get(ast.Call, [])
        if isinstance(node.func, ast.Name)
        and node.func.id == "isinstance"
        and kinds & {name.id for name in ast.walk(node.args[1]) if isinstance(name, ast.Name)}
    ]
    assert asking == []


class Brought(NamedTuple):
    """What a family brought: files of its own, words that code has because of it, and files outside that have them."""

    own: set[str]
    words: str
    touched: set[str]


ORDERED = r"[Oo]rdinal|[Pp]roportional.odds|\bnominal\b.?=|--nominal|[Aa]djacent|\bacat\b|[Cc]umulative "
OF_ORDERED = {"logitkit", "estimators", "models.catalogue", "inference.verbs", "results.classes", "cli.stated"}
BROUGHT = {
    "links": Brought(
        {"numerics.kernels.links", "models.links", "engine.boundary", "engine.solvers.scoring"},
        r"\b(?:probit|c?loglog|cauchit)\b|--link",
        {"models.binary", "models.binomial", "engine.fit", "engine.limit"}
        | {"api.functions", "api.grouped", "cli.stated"},
    ),
    "adjacent categories, with what all ordered outcomes share": Brought(
        {"models.ordinal", "models.adjacent", "design.response.ordered", "inference.hypotheses.parallel"}
        | {"results.ordinal", "api.ordered", "estimators.ordinal"},
        ORDERED,
        OF_ORDERED | {"report.pages.judged"},
    ),
    "cumulative probabilities": Brought(
        {"models.cumulative", "numerics.kernels.cumulative"}, ORDERED, OF_ORDERED - {"models.catalogue"}
    ),
}
BEFORE = {"LOGIT", "Link"}  # the logit function, which all models use
OF_OLD_FILES = "engine.saved.earlier"  # names the families that earlier versions of saved fits held; a new one is none


@cache
def written(path: Path) -> list[str]:
    """The texts of a file, without docstrings, and the names of its arguments."""
    documented = {
        id(node.body[0].value)
        for kind in (ast.Module, ast.ClassDef, ast.FunctionDef)
        for node in nodes(path).get(kind, [])
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    texts = [
        node.value
        for node in nodes(path).get(ast.Constant, [])
        if isinstance(node.value, str) and id(node) not in documented
    ]
    return texts + [node.arg for node in nodes(path).get(ast.arg, [])]


def taken_from(path: Path, modules: set[str]) -> set[str]:
    """The names that a file imports from some modules."""
    return {
        alias.name
        for node in nodes(path).get(ast.ImportFrom, [])
        if (node.module or "").removeprefix("logitkit.") in modules
        for alias in node.names
    }


@pytest.mark.parametrize("family", BROUGHT)
def test_a_family_brings_at_most_seven_files_and_touches_at_most_seven(family: str) -> None:
    """A file is touched that imports from those of the family, or says its words. More: mend the core first."""
    brought = BROUGHT[family]
    every = {name for each in BROUGHT.values() for name in each.own}
    touched = (
        {
            module_name(path).removeprefix("logitkit.")
            for path in SOURCES
            if taken_from(path, brought.own) - BEFORE or re.search(brought.words, "\n".join(written(path)))
        }
        - every
        - {OF_OLD_FILES}
    )
    assert touched == brought.touched
    assert len(brought.own) <= 7
    assert len(touched) <= 7


# The files of what is eliminated from a model: its kinds, what builds them, what fits them, and their saved form.
OF_NUISANCE = (
    "logitkit.design.nuisance",
    "logitkit.design.absorbed",
    "logitkit.design.build",
    "logitkit.design.formula.saved_levels",
    "logitkit.engine.levels.",
    "logitkit.engine.estimate",
    "logitkit.engine.saved.",
)


def compared_with_none(node: ast.Compare) -> set[str]:
    """Names and attributes that a comparison holds against None."""
    sides = [node.left, *node.comparators]
    nothing = any(isinstance(side, ast.Constant) and side.value is None for side in sides)
    return {getattr(side, "attr", getattr(side, "id", "")) for side in sides} if nothing else set()


def questions_of_nuisance(of: dict[type, list[Any]]) -> list[int]:
    """Lines that ask which kind of nuisance there is: by its type, or by a comparison with None."""
    kinds, held = {"AbsorbedLevels", "NoNuisance", "NOTHING"}, {"absorbed", "nuisance"}
    found = [node.lineno for node in of.get(ast.Name, []) if node.id in kinds]
    return found + [node.lineno for node in of.get(ast.Compare, []) if held & compared_with_none(node)]


def test_no_code_asks_whether_something_is_absorbed() -> None:
    """What absorbed levels change is a question to the nuisance: another kind of it then needs no change elsewhere."""
    asking = [
        f"{module_name(path)}:{line}"
        for path in SOURCES
        if not module_name(path).startswith(OF_NUISANCE) and module_name(path) != "logitkit.design.info"
        for line in questions_of_nuisance(nodes(path))
    ]
    assert asking == []


@pytest.mark.parametrize(
    ("line", "asks"),
    [
        ("record.info.absorbed is None", True),
        ("absorbed is not None", True),
        ("None == design.info.nuisance", True),
        ("isinstance(record.nuisance, AbsorbedLevels)", True),
        ("type(nuisance) is NoNuisance", True),
        ("record.nuisance.n_parameters == 0", False),
        ("absorb is None", False),
    ],
)
def test_the_reader_of_questions_sees_them(line: str, asks: bool) -> None:
    assert bool(questions_of_nuisance(by_type(ast.parse(line)))) == asks


def test_no_code_asks_whether_a_record_has_a_limit() -> None:
    """Every record has one, of dimension zero where the estimates are finite: ``is_separated`` is the question."""
    asking = [
        f"{module_name(path)}:{node.lineno}"
        for path in SOURCES
        if module_name(path) not in {"logitkit.engine.assemble", "logitkit.engine.levels.absorbed"}  # these make it
        for node in nodes(path).get(ast.Compare, [])
        if "limit" in compared_with_none(node)
    ]
    assert asking == []


def test_only_the_command_line_prints() -> None:
    printing = [
        f"{module_name(path)}:{node.lineno}"
        for path in SOURCES
        if module_name(path) != "logitkit.cli.command"
        for node in nodes(path).get(ast.Call, [])
        if isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def test_nothing_is_left_to_do_later() -> None:
    note = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b")  # spelled so that this line is not one
    files = [*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    left = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if note.search(line)
    ]
    assert left == []


def test_import_loads_no_heavy_library() -> None:
    """SPEC 1: a name is loaded when it is first used, so that the bare import stays quick."""
    script = "import json, sys, logitkit; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(json.loads(done.stdout)) == set()


def test_submodules_are_attributes_that_load_when_used() -> None:
    """``lk.estimators`` needs no import of its own, and ``import *`` does not ask for scikit-learn."""
    script = (
        "import sys, logitkit as lk; before = 'sklearn' in sys.modules; from logitkit import *; "
        "after = 'sklearn' in sys.modules; lk.datasets.load_lbw, lk.errors.DataError; "
        "print(before, after, lk.estimators.LogitClassifier.__name__, 'estimators' in dir(lk))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False", "False", "LogitClassifier", "True"], done.stderr


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import numba", {"numba"}),
        ("def f():\n    from numba import njit", {"numba", "numba.njit"}),
        ("from logitkit import logit", {"logitkit", "logitkit.logit"}),
    ],
)
def test_the_import_reader_sees_every_statement(tmp_path: Path, line: str, found: set[str]) -> None:
    path = tmp_path / "example.py"
    path.write_text(line, encoding="utf-8")
    assert statement_imports(path) == found


@pytest.mark.parametrize("line", ["lazy.load('numba')", "importlib.import_module('numba')", "__import__('numba')"])
def test_the_import_reader_sees_strings(tmp_path: Path, line: str) -> None:
    path = tmp_path / "example.py"
    path.write_text(line, encoding="utf-8")
    assert string_imports(path) == {"numba"}
