"""An interrupt while matplotlib is imported: the next figure is drawn as if nothing had been."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from logitkit.plots.style import page_axes

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "matplotlib.rcsetup":
            sys.meta_path.remove(self)
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
try:
    page_axes()
except KeyboardInterrupt:
    print("interrupted")
print(type(page_axes()).__name__)
"""


def test_a_figure_after_an_interrupted_import() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("interrupted\nAxes\n", "")
