"""Files under hostile conditions: full disks, kills, closed pipes, names that are in use."""

from __future__ import annotations

import io
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import logitkit as lk
from logitkit import writing
from logitkit.cli.command import main
from logitkit.datasets import dataset_path
from logitkit.errors import DataError
from logitkit.report.formats.csv_table import render_csv
from logitkit.writing import write_file

Capture = pytest.CaptureFixture[str]
FORMULA = "low ~ age + lwt"
OLD = "what was there before"


@pytest.fixture(scope="module")
def fit() -> lk.Fit:
    return lk.logit(FORMULA, lk.datasets.load_lbw())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the births, entered."""
    (tmp_path / "births.csv").write_bytes(dataset_path("lbw").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond 1,000 bytes, by the operating system itself; nor is code cached, half written."""
    cached, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        sys.dont_write_bytecode = cached


WRITERS: dict[str, Callable[[Any, Path], Any]] = {
    "model.json": lambda fit, path: fit.save(path),
    "page.html": lambda fit, path: fit.report(path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_the_old_file(name: str, fit: lk.Fit, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(OLD, encoding="utf-8")
    with full_disk(), pytest.raises(DataError, match=rf"cannot be written to '.*{name}'"):
        WRITERS[name](fit, path)
    assert path.read_text(encoding="utf-8") == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_predictions(here: Path, fit: lk.Fit, capsys: Capture) -> None:
    fit.save("model.json")
    words = ["predict", "model.json", "births.csv", "--output", "scored.csv"]
    assert main(words) == 0
    before = Path("scored.csv").read_bytes()
    with full_disk():
        assert main([*words, "--level", "0.5"]) == 2
    assert Path("scored.csv").read_bytes() == before
    assert sorted(path.name for path in here.iterdir()) == ["births.csv", "model.json", "scored.csv"]


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_an_interrupt_while_writing_leaves_the_old_file(
    step: str, fit: lk.Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    path = fit.save(tmp_path / "model.json")
    before = path.read_bytes()
    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), interrupted)
    with pytest.raises(KeyboardInterrupt):
        lk.logit("low ~ smoke", lk.datasets.load_lbw()).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_process_killed_while_it_writes_leaves_one_whole_file(tmp_path: Path) -> None:
    path, size = tmp_path / "model.json", 3_000_000
    script = (
        "import sys\nfrom logitkit.writing import write_file\n"
        f"while True:\n    for letter in 'ab':\n        write_file({str(path)!r}, letter * {size}, 'model')\n"
    )
    wait = random.Random(5)
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", script]) as process:
            while not path.exists():
                time.sleep(0.005)
            time.sleep(wait.uniform(0.05, 0.15))
            process.kill()
        content = path.read_text(encoding="utf-8")
        assert content in {"a" * size, "b" * size}
        path.unlink()


def test_permissions_are_kept_and_those_of_a_new_file_are_the_users(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    mask = os.umask(0o027)
    try:
        write_file(path, "new", "model")
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o604)
        write_file(path, "again", "model")
    finally:
        os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o604


def test_a_link_is_followed_also_where_nothing_is_at_its_end(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    link, target = tmp_path / "latest.json", tmp_path / "models" / "one.json"
    link.symlink_to(target)
    for content in ("first", "second"):
        write_file(link, content, "model")
        assert link.is_symlink()
        assert target.read_text(encoding="utf-8") == content
    assert list(target.parent.iterdir()) == [target]


def test_devices_and_pipes_are_written_straight(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_file(os.devnull, OLD, "model")
    assert not Path(os.devnull).is_file()
    write_file("/dev/stdout", OLD, "model")
    assert capfd.readouterr().out == OLD


def test_a_folder_that_is_called_like_one_of_devices_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "OPEN_FILES", tuple(f"{tmp_path}{name}" for name in writing.OPEN_FILES))
    (tmp_path / "development").mkdir()
    path = tmp_path / "development" / "m.json"
    path.write_text(OLD, encoding="utf-8")
    before = path.stat().st_ino
    write_file(path, OLD, "model")
    assert path.stat().st_ino != before  # renamed, not written over


@pytest.mark.parametrize("path", [5, None, b"model.json", True, ["model.json"]])
def test_what_is_no_path_is_refused(path: Any, fit: lk.Fit) -> None:
    for verb in (fit.save, fit.report, lk.load):
        with pytest.raises(DataError, match="give text or a Path"):
            verb(path)


def test_a_name_that_the_system_refuses(fit: lk.Fit, tmp_path: Path) -> None:
    for name, message in (("a\0b.html", "holds a zero byte"), ("x" * 300 + ".html", "cannot be (written|read)")):
        for verb in (fit.save, fit.report, lk.load):
            with pytest.raises(DataError, match=message):
                verb(tmp_path / name)


# The command line.


def test_a_pipe_that_closes_ends_the_printing_only(here: Path) -> None:
    """``logitkit fit ... --save m.json | head -0``: the pipe has no reader from the start."""
    words = ["--save", "m.json"]
    command = [sys.executable, "-c", "import sys; from logitkit.cli.command import main; sys.exit(main(sys.argv[1:]))"]
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [*command, "fit", FORMULA, "births.csv", *words],
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(write)
    assert done.returncode == 0
    assert done.stderr == "Wrote the model to m.json\n"
    assert Path("m.json").stat().st_size > 1_000


class Closed(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.mark.usefixtures("figures_not_written")
def test_nobody_reads_either_stream(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Closed())
    monkeypatch.setattr(sys, "stderr", Closed())
    assert main(["fit", FORMULA, "births.csv", "--save", "m.json", "--report", "r.html"]) == 0
    assert Path("m.json").is_file()
    assert Path("r.html").is_file()


def test_the_demonstration_writes_its_report_also_for_a_closed_pipe(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parts(path: str) -> Iterator[str]:
        yield "first"
        Path(path).write_text("page", encoding="utf-8")
        yield "last"

    monkeypatch.setattr("logitkit.cli.demo.demo", parts)
    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(["demo", "--output", "page.html"]) == 0
    assert Path("page.html").read_text(encoding="utf-8") == "page"


def test_a_report_that_fails_costs_neither_the_model_nor_the_summary(
    here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise DataError("no figure")

    monkeypatch.setattr(lk.Fit, "report", failing)
    assert main(["fit", FORMULA, "births.csv", "--save", "m.json", "--report", "r.html"]) == 2
    out, err = capsys.readouterr()
    assert "Odds ratio" in out
    assert err == "Wrote the model to m.json\nlogitkit: error: no figure\n"


def test_an_interrupt_ends_in_one_line(here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("logitkit.api.fitting.fit", interrupted)
    assert main(["fit", FORMULA, "births.csv"]) == 130
    assert capsys.readouterr() == ("", "logitkit: interrupted\n")


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", FORMULA, "births.csv", "--save", "births.csv"], "'births.csv', which is read in the same run"),
        (["fit", FORMULA, "births.csv", "--save", "./births.csv"], "'births.csv', which is read in the same run"),
        (["fit", FORMULA, "births.csv", "--save", "link.json"], "'births.csv', which is read in the same run"),
        (["fit", FORMULA, "births.csv", "--save", "hard.json"], "'births.csv', which is read in the same run"),
        (["fit", FORMULA, "link.csv", "--save", "births.csv"], "'link.csv', which is read in the same run"),
        (
            ["fit", FORMULA, "births.csv", "--save", "a.html", "--report", "./a.html"],
            "would be the same file, 'a.html'",
        ),
        (["predict", "model.json", "births.csv", "--output", "births.csv"], "'births.csv', which is read"),
        (["predict", "model.json", "births.csv", "--output", "model.json"], "'model.json', which is read"),
        (["report", "model.html", "births.csv", "--output", "model.html"], "'model.html', which is read"),
    ],
)
def test_what_is_read_in_the_same_run_is_never_replaced(
    words: list[str], message: str, force: list[str], here: Path, fit: lk.Fit, capsys: Capture
) -> None:
    fit.save("model.json")
    fit.save("model.html")
    Path("link.json").symlink_to("births.csv")
    Path("link.csv").symlink_to("births.csv")
    os.link("births.csv", "hard.json")
    before = {path: path.read_bytes() for path in here.iterdir()}
    assert main([*words, *force]) == 2
    assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in here.iterdir()} == before


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["fit", FORMULA, "births.csv", "--save", "other.csv"], "model"),
        (["fit", FORMULA, "births.csv", "--report", "other.html"], "report"),
        (["predict", "model.json", "births.csv", "--output", "other.csv"], "predictions"),
        (["report", "model.json", "births.csv", "--output", "other.html"], "report"),
        (["predict", "model.json", "births.csv", "--output", "probability.csv"], "predictions"),
        (["demo", "--output", "other.html"], "report"),
    ],
)
@pytest.mark.usefixtures("figures_not_written")
def test_a_file_of_another_kind_needs_force(
    words: list[str], kind: str, here: Path, fit: lk.Fit, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logitkit.cli.demo.demo", lambda path: iter([str(fit.report(path))]))
    fit.save("model.json")
    path = Path(words[-1])
    column = path.stem if path.stem == "probability" else "b"
    own = "<!doctype html>\n<title>my own</title>\n" if path.suffix == ".html" else f"a,{column}\n1,2\n"
    path.write_text(own, "utf-8")
    before = path.read_bytes()
    assert main(words) == 2
    assert (
        f"'{path}' exists and is no {kind} that logitkit wrote; give another name, or --force"
        in capsys.readouterr().err
    )
    assert path.read_bytes() == before
    assert main([*words, "--force"]) == 0
    assert path.read_bytes() != before
    assert main(words) == 0  # what we wrote may be written again


def test_compressed_predictions(here: Path, fit: lk.Fit, capsys: Capture) -> None:
    fit.save("model.json")
    for name in ("p.csv", "p.csv.gz", "p.csv.bz2", "p.csv.xz"):
        assert main(["predict", "model.json", "births.csv", "--output", name]) == 0
        pd.testing.assert_frame_equal(pd.read_csv(name), pd.read_csv("p.csv"))
    assert main(["predict", "model.json", "births.csv", "--output", "p.csv.gz"]) == 0
    assert main(["predict", "model.json", "births.csv", "--output", "p.csv.zip"]) == 2


# Text that a spreadsheet would run.

RISKY = ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", " =1+1"]
PLAIN = ["a", "a=b", "x-1", "-1", "+1.5e3", "-.5", "", "'quoted"]


def test_text_cells_that_are_formulas_are_quoted_and_numbers_never() -> None:
    index = pd.MultiIndex.from_product([RISKY + PLAIN, [-1, 2]], names=["=outcome", None])
    table = pd.DataFrame({"probability": -0.25, "@x": range(len(index))}, index=index)
    found = pd.read_csv(io.StringIO(render_csv(table)), dtype={0: str}, keep_default_na=False)
    assert list(found) == ["'=outcome", "row", "probability", "'@x"]
    assert found.iloc[::2, 0].tolist() == [f"'{text}" for text in RISKY] + PLAIN
    assert (found["probability"] == -0.25).all()
    assert found["row"].tolist() == [-1, 2] * len(RISKY + PLAIN)
    raw = pd.read_csv(io.StringIO(render_csv(table, raw_text=True)), keep_default_na=False)
    assert raw.iloc[::2, 0].tolist() == RISKY + PLAIN
    assert list(raw) == ["=outcome", "row", "probability", "@x"]


def test_outcomes_from_the_data_reach_no_spreadsheet(here: Path, capsys: Capture) -> None:
    frame = lk.datasets.load_lbw()
    names = {"white": "=HYPERLINK(A1)", "black": "-1", "other": "c"}
    frame.assign(race=frame["race"].astype(str).map(names)).to_csv("births.csv", index=False)
    assert main(["fit", "race ~ age", "births.csv", "--model", "multinomial", "--save", "m.json"]) == 0
    capsys.readouterr()
    for words, expected in (([], "'=HYPERLINK(A1)"), (["--raw-text"], "=HYPERLINK(A1)")):
        assert main(["predict", "m.json", "births.csv", *words]) == 0
        found = pd.read_csv(io.StringIO(capsys.readouterr().out))
        assert set(found["outcome"]) == {expected, "-1", "c"}
