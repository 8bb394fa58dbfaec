"""Tests of fit side by side: what each finds, and which may not be used on these rows, and why.

Each looks for something else. Pearson's statistic and the deviance see any departure, but need many trials in each
pattern; Hosmer and Lemeshow's, the calibration belt and the sum of squares see observed rates that part from predicted
ones; Stukel's and the link test the shape of the link; Box and Tidwell's a column that should be transformed; the
information matrix test dispersion and coefficients that vary. None sees columns that are missing and independent of
those in the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logitkit.design.design import Design
from logitkit.diagnostics.fit.binary_tests import BinaryTests
from logitkit.diagnostics.fit.conditions import require_testable
from logitkit.diagnostics.fit.ordered_tests import OrderedTests
from logitkit.diagnostics.fit.tested import ROWS, GoodnessTest, Tested
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.rows.ordering import RowFacts, row_facts
from logitkit.diagnostics.rows.ranking import predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError, UnsupportedError, nearest_name
from logitkit.inference.sample import is_sample
from logitkit.options import texts_listed

__all__ = ["GoodnessOfFit", "GoodnessTest", "goodness_of_fit"]

#: Tests of a model of an event, of ordered outcomes, and of others.
OF_EVENT = (
    "pearson",
    "deviance",
    "osius_rojek",
    "hosmer_lemeshow",
    "le_cessie",
    "spiegelhalter",
    "stukel",
    "information_matrix",
    "link_test",
    "box_tidwell",
    "calibration_belt",
)
OF_ORDERED = ("pearson", "deviance", "hosmer_lemeshow", "lipsitz", "pulkstenis_robinson")
OF_OUTCOMES = ("pearson", "deviance", "hosmer_lemeshow")


@dataclass(frozen=True)
class GoodnessOfFit:
    """Results of several goodness-of-fit tests.

    Parameters
    ----------
    tests : tuple of GoodnessTest
        The tests, each with its statistic and null distribution, or with the reason why there is none.
    in_sample : bool
        Whether the rows are those of the fit.
    n_trials : float
        Number of trials in these rows.
    share_of_fit : float
        Number of trials in these rows, divided by that of the fit.
    left_out : LeftOut
        Number of rows given, used and left out.
    undetermined : int
        Number of rows left out because separation leaves their prediction undetermined.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = goodness_of_fit(fit.record, fit.design, ["stukel"])
    >>> found["stukel"].dof
    1.0
    """

    tests: tuple[GoodnessTest, ...]
    in_sample: bool
    n_trials: float
    share_of_fit: float
    left_out: LeftOut = EVERY_ROW
    undetermined: int = 0

    def __getitem__(self, name: str) -> GoodnessTest:
        """Return the first test of that name."""
        written = _written(name)
        found = next((test for test in self.tests if name == test.label or written == test.name), None)
        if found is None:
            raise UnsupportedError(f"There is no test {name!r} here; there are {', '.join(self.names)}.")
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Distinct names of the tests."""
        return tuple(dict.fromkeys(test.name for test in self.tests))


def goodness_of_fit(record: FitRecord, design: Design, tests: str | Sequence[str] | None = None) -> GoodnessOfFit:
    """Return goodness-of-fit tests.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome: those of the fit, or new ones, which are distinguished by a fingerprint.
    tests : str or sequence of str, optional
        Names of the tests; by default all that apply to the kind of model.

    Returns
    -------
    GoodnessOfFit
        The tests. A test that is not valid for these rows is listed with the reason.

    Raises
    ------
    UnsupportedError
        If no test has a known distribution for the fit and the rows, or a name is not that of a test.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> goodness_of_fit(fit.record, fit.design, ["pearson", "osius_rojek"]).names
    ('pearson', 'osius_rojek')
    """
    own = is_sample(record, design)
    require_testable(record, design, own)
    every: tuple[str, ...] = OF_OUTCOMES
    if record.has_event and record.is_single:
        every = OF_EVENT
    elif record.family.words.ordered:
        every = OF_ORDERED
    asked = every if tests is None else _known(tests)
    tested = Tested(record, design, own)
    binary, ordered = BinaryTests(tested), OrderedTests(tested)
    found: list[GoodnessTest] = []
    for name in asked:
        if name not in every:
            why = "It is of models of two outcomes." if name in OF_EVENT else "It is of models of ordered outcomes."
            found.append(GoodnessTest.refused(name, why))
            continue
        try:
            found += (binary if name in OF_EVENT else ordered).of(name)
        except LogitkitError as error:
            found.append(GoodnessTest.refused(name, str(error)))
    facts: RowFacts = design.reduce(_Facts(record, own), RowFacts.plus)
    return GoodnessOfFit(
        tuple(found),
        own,
        float(facts.totals.sum()),
        facts.total / record.total,
        facts.left_out(design),
        facts.undetermined,
    )


@dataclass(frozen=True)
class _Facts:
    """Counts some rows."""

    record: FitRecord
    own: bool

    def __call__(self, part: Design) -> RowFacts:
        """Return the sums over some rows."""
        return row_facts(predicted_rows(self.record, part, self.own), part)


def _written(name: str) -> str:
    """Return the name of a test, which may be written as a title, ``"Hosmer-Lemeshow"``, or with hyphens."""
    plain = name.strip().casefold().replace("-", "_").replace(" ", "_")
    return plain if plain in ROWS else name


def _known(tests: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of tests, or say which there are."""
    named = texts_listed("tests", tests)
    named = [_written(name) for name in named]
    for name in named:
        if name not in ROWS:
            raise UnsupportedError(f"{name!r} is no test of fit. {nearest_name(name, tuple(ROWS))}")
    return tuple(dict.fromkeys(named))
