"""The progress bar: after two seconds, where someone is watching, and gone at the end."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import logitkit as lk
from logitkit.numerics.threads import progress as module
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        super().isatty()  # fails once it is closed, as that of a file does
        return True


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


def watching(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in the place of standard error; in the test itself, since pytest puts its own there before."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def left_on_screen(text: str) -> str:
    """What a terminal shows of the last line: each carriage return goes back to its start."""
    shown = ""
    for part in text.split("\r"):
        shown = part + shown[len(part) :]
    return shown.strip()


def test_nothing_in_the_first_two_seconds(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watching(monkeypatch)
    with progress(10, "Bootstrap") as shown:
        for _ in range(9):
            clock.now += 0.2
            shown.advance()
        shown.wake()
        assert terminal.getvalue() == ""
        clock.now += 0.2
        shown.advance()  # two seconds, and done: a bar would only flash
    assert terminal.getvalue() == ""
    assert shown.done == 10


def test_a_bar_after_two_seconds_and_a_clear_line_at_the_end(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watching(monkeypatch)
    threads = set(threading.enumerate())
    with progress(100, "Bootstrap") as shown:
        for _ in range(50):
            clock.now += 0.05
            shown.advance()
        line = left_on_screen(terminal.getvalue())
        assert line.startswith("Bootstrap:  4")  # at the 40th, within rounding; later ones are too near to be drawn
        assert "/100" in line
        assert "[00:02<00:" in line  # counted from the start of the work
        assert set(threading.enumerate()) <= threads  # none of its own; threads of earlier work may end meanwhile
    assert left_on_screen(terminal.getvalue()) == ""
    assert "\n" not in terminal.getvalue()
    assert set(threading.enumerate()) <= threads


def test_a_bar_while_the_first_item_takes_long(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watching(monkeypatch)
    with progress(3, "Groups") as shown:
        clock.now += 2.5
        shown.wake()
        first = terminal.getvalue()
        assert "0/3" in first
        shown.wake()
        assert terminal.getvalue() == first


@pytest.mark.parametrize("stream", [io.StringIO(), None, "closed"])
def test_silent_where_nobody_watches(clock: Clock, stream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if stream == "closed":
        stream = Terminal()
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(module, "_bar", None)  # it would fail if it were called
    with progress(3, "Groups") as shown:
        clock.now += 100
        shown.advance(2)
    if isinstance(stream, io.StringIO) and not stream.closed:
        assert stream.getvalue() == ""


class Output:
    """What a notebook shows in the place of an output."""

    def __init__(self) -> None:
        self.contents: list[dict[str, str]] = []

    def display(self, content: dict[str, str], **options: bool) -> Output:
        assert options == {"raw": True, "display_id": True}
        assert not self.contents  # one output, that is updated
        self.contents.append(content)
        return self

    def update(self, content: dict[str, str], raw: bool) -> None:
        assert raw
        self.contents.append(content)


def open_notebook(monkeypatch: pytest.MonkeyPatch, asks: bool = True) -> tuple[Output, io.StringIO]:
    output, stream = Output(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setitem(sys.modules, module.NOTEBOOK, ModuleType(module.NOTEBOOK))
    monkeypatch.setattr("IPython.display.display", output.display)
    kernel = SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=asks))
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: kernel)
    return output, stream


@pytest.mark.parametrize("ends_early", [False, True])
def test_a_notebook_has_one_output_that_is_empty_at_the_end(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, ends_early: bool
) -> None:
    output, stream = open_notebook(monkeypatch)
    with progress(3, "Strengths & more") as shown:
        for _ in range(2 if ends_early else 3):
            clock.now += 100
            shown.advance()
    texts = [content["text/plain"] for content in output.contents]
    assert texts[0].startswith("Strengths & more:  33%|")
    assert "1/3 [01:40<03:20]" in texts[0]
    assert output.contents[0]["text/html"].startswith("<pre>Strengths &amp; more: ")
    assert output.contents[-1] == {"text/plain": "", "text/html": ""}
    assert stream.getvalue() == ""  # its ground is red in a notebook


def test_a_notebook_that_a_program_runs_shows_none(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    output, stream = open_notebook(monkeypatch, asks=False)
    with progress(3, "Strengths") as shown:
        clock.now += 100
        shown.advance()
    assert output.contents == []
    assert stream.getvalue() == ""


def test_a_bar_has_no_colour_and_says_what_it_counts(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watching(monkeypatch)
    with progress(None, "Newton steps") as shown:
        clock.now += 3
        shown.advance()
    assert "Newton steps: 1 [00:03]" in terminal.getvalue()
    assert "\x1b[3" not in terminal.getvalue()


@pytest.mark.parametrize("threads", [1, 2])
def test_batches_count_what_they_hold(threads: int, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watching(monkeypatch)

    def task(i: int) -> int:
        clock.now += 3
        return i

    lk.set_threads(threads)
    try:
        assert list(ordered_map(task, 3, label="Refits", sizes=[200, 200, 73])) == [0, 1, 2]
    finally:
        lk.set_threads(None)
    assert "Refits:  42%|" in terminal.getvalue()
    assert "200/473 " in terminal.getvalue()


def test_one_bar_at_a_time(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watching(monkeypatch)
    with progress(10, "Outer") as outer:
        clock.now += 3
        with progress(10, "Inner") as inner:
            clock.now += 3
            inner.advance()
        outer.advance()

        def beside() -> None:
            with progress(10, "Beside") as other:
                clock.now += 3
                other.advance()

        thread = threading.Thread(target=beside)
        thread.start()
        thread.join()
    assert "Outer" in terminal.getvalue()
    assert "Inner" not in terminal.getvalue()
    assert "Beside" not in terminal.getvalue()
    with progress(10, "Next") as following:
        clock.now += 3
        following.advance()
    assert "Next" in terminal.getvalue()


def test_an_error_takes_the_bar_off_the_screen(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watching(monkeypatch)

    def fail() -> None:
        with progress(10, "Groups") as shown:
            clock.now += 3
            shown.advance()
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    assert "1/10" in terminal.getvalue()
    assert left_on_screen(terminal.getvalue()) == ""


@pytest.mark.parametrize("threads", [1, 2])
def test_ordered_map_shows_how_far_it_is(threads: int, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watching(monkeypatch)

    def task(i: int) -> int:
        clock.now += 0.1
        assert list(ordered_map(lambda j: j, 3, label="Inside")) == [0, 1, 2]
        return i

    lk.set_threads(threads)
    try:
        assert list(ordered_map(task, 40)) == list(range(40))
        assert terminal.getvalue() == ""
        assert list(ordered_map(task, 40, label="Groups")) == list(range(40))
    finally:
        lk.set_threads(None)
    assert "Groups: " in terminal.getvalue()
    assert "/40" in terminal.getvalue()
    assert "Inside" not in terminal.getvalue()
    assert left_on_screen(terminal.getvalue()) == ""


def test_a_walk_that_waits_for_one_long_task_shows_its_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watching(monkeypatch)
    monkeypatch.setattr(module, "DELAY", 0.05)
    shown = threading.Event()
    make = module._bar

    def bar(total: int, label: str) -> Any:
        shown.set()
        return make(total, label)

    monkeypatch.setattr(module, "_bar", bar)
    here = threading.current_thread()
    lk.set_threads(2)
    try:
        for _ in range(
            100
        ):  # a busy machine may begin no task in time: the one who waits then runs it, and shows nothing
            list(ordered_map(lambda i: threading.current_thread() is here or shown.wait(30), 2, "Groups"))
            if shown.is_set():
                break
    finally:
        lk.set_threads(None)
    assert re.search("[01]/2", terminal.getvalue())


def test_tqdm_is_not_imported_before_there_is_a_bar() -> None:
    text = (
        "import sys\n"
        "sys.stderr.isatty = lambda: True\n"
        "from logitkit.numerics.threads import local, progress\n"
        "print(*local.ordered_map(lambda i: i, 3, label='Groups'), 'tqdm' in sys.modules)\n"
        "progress.DELAY = 0.0\n"
        "print(*local.ordered_map(lambda i: i, 3, label='Groups'), 'tqdm' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["0 1 2 False", "0 1 2 True"]
