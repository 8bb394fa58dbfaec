"""What the user holds after a fit: a record, a reference to its rows, and verbs of one line each."""

from logitkit.results.fit import Fit
from logitkit.results.loading import load

__all__ = ["Fit", "load"]
