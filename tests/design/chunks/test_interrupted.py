"""An interruption ends a pass within a second and leaves nothing behind; a pass tells how far it is."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from logitkit.design.chunks import stream
from logitkit.numerics.threads import progress as bars

SCRIPT = Path(__file__).with_name("interrupted.py")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
def test_an_interruption_ends_a_pass_within_a_second(tmp_path) -> None:
    with subprocess.Popen([sys.executable, str(SCRIPT), str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "second pass\n"
            sleep(0.2)
            began = monotonic()
            process.send_signal(signal.SIGINT)
            said = process.stdout.readline()
            assert monotonic() - began < 20.0  # a busy machine schedules late; the pass alone takes a minute
            assert said == "interrupted, left: []\n"
            assert process.wait(60.0) == 0
        finally:
            process.kill()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["checkpoint.json", "pass-0000.npz"]


def test_a_pass_counts_its_rows(monkeypatch) -> None:
    assert stream.progress is bars.progress
    shown = bars.Progress(1_000_000, "Pass 2", silent=False, unit=" rows")
    shown.advance(250_000)
    monkeypatch.setattr(bars, "DELAY", 0.0)
    shown.wake()
    assert shown._bar is not None
    text = str(shown._bar)
    shown.close()
    assert text.startswith("Pass 2:  25%|")
    assert "250k/1.00M" in text
    assert "rows/s" in text
