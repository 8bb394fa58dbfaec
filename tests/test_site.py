"""What becomes of the code of a page on its way to the site."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import logitkit

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).resolve().parents[1] / "docs" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("fit\nassert fit\n", "fit"),
        ("for k in x:\n    assert k\nfit\n", "fit"),
        ("for k in x:\n    print(k)\n    assert k\n", "for k in x:\n    print(k)"),
        (
            "try:\n    f()\nexcept E as error:\n    print(error)\n    assert error\nelse:\n    raise AssertionError\n",
            "try:\n    f()\nexcept E as error:\n    print(error)",
        ),
        ("try:\n    f()\nexcept E:\n    assert x\n", "try:\n    f()\nexcept E:\n    assert x"),
        ("with a:\n    b\n    assert b\n    c\nassert (\n    d\n)", "with a:\n    b\n    c"),
    ],
)
def test_what_the_tests_check_is_left_out_and_what_remains_is_code(code, left):
    assert stage.without_asserts(code) == left
    compile(left, "page", "exec")


def test_long_lines_are_broken_below_their_comment_and_short_cells_stay_as_they_are():
    call = "found = fit.contrast({'smoke': 1}, {'smoke': 0}, at={'race': 'white', 'lwt': 120, 'age': 25})"
    long = f"{call}  # at values"
    kept = ["x   =  1;", "%time fit", "fit.plot.forest();"]
    first, *others = stage.laid_out([long, *kept])
    assert others == kept
    assert first.startswith("# at values\nfound = fit.contrast(\n")
    assert max(map(len, first.splitlines())) <= stage.WIDTH
    page = f"Words.\n\n```{{code-cell}} python3\n:tags: [hide-input]\n{long}\n```\n\nMore.\n"
    assert stage.narrowed(page) == page.replace(long, first)


def test_the_page_of_all_names_has_every_public_one_as_users_write_it():
    page = stage.all_names(stage.DOCS / "reference")
    names = re.findall(r"`(\S+) <logitkit\S*>`", page)
    public = {f"lk.{name}" for name in logitkit.__all__} - {"lk.datasets", "lk.errors", "lk.logits"}
    verbs = {f"fit.{name}" for name in dir(logitkit.Fit) if not name.startswith("_")}
    assert not (public | verbs) - set(names)
    own = {name for name in names if re.fullmatch(r"lk\.\w+", name)}
    assert own <= public
