"""Each test of fit on the rows of a fit or on new ones, as a row of the panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from logitkit.diagnostics.fit.belt import belt_test
from logitkit.diagnostics.fit.box_tidwell import box_tidwell
from logitkit.diagnostics.fit.hosmer_lemeshow import GroupTests, HosmerLemeshow, group_tests
from logitkit.diagnostics.fit.linear_tests import (
    LinearSums,
    Products,
    RowFunctions,
    SquaredErrors,
    Squares,
    Tails,
    linear_sums,
)
from logitkit.diagnostics.fit.link_test import link_test
from logitkit.diagnostics.fit.pattern_tests import PatternSums, osius_rojek, pattern_sums
from logitkit.diagnostics.fit.polynomials import Predicted, predicted_sums
from logitkit.diagnostics.fit.tested import ROWS, GoodnessTest, Tested
from logitkit.diagnostics.rows.patterns import Patterns, require_unsaturated
from logitkit.errors import UnsupportedError
from logitkit.models.links import LOGIT
from logitkit.numerics.once import once

__all__ = ["BinaryTests"]

WHOLE_MOST = 13  # coefficients up to which all elements of the information matrix are tested, else its diagonal
DIAGONAL_MOST = 100  # coefficients beyond which the diagonal is not tested either
FEW_PATTERNS = 30  # below, Osius and Rojek's normal law is far off
SORTED_MOST = 100  # coefficients whose columns are sorted by pattern, of rows that are read in chunks
MANY_PATTERNS = 5_000  # of single trials, beyond which its mean is no longer off


@dataclass(frozen=True, eq=False)
class BinaryTests:
    """Goodness-of-fit tests of one fit on some rows, with shared quantities computed once.

    Parameters
    ----------
    tested : Tested
        The fit and the rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> [test.dof for test in BinaryTests(Tested(fit.record, fit.design, True)).of("stukel")]
    [1.0]
    """

    tested: Tested

    def of(self, name: str) -> list[GoodnessTest]:
        """Return the results of one test.

        Parameters
        ----------
        name : str
            A key of ``ROWS``.

        Returns
        -------
        list of GoodnessTest
            One or more results.
        """
        tests: dict[str, Callable[[], list[GoodnessTest]]] = {
            "pearson": lambda: [self._of_patterns("pearson")],
            "deviance": lambda: [self._of_patterns("deviance")],
            "osius_rojek": lambda: [self._osius_rojek()],
            "hosmer_lemeshow": self._hosmer_lemeshow,
            "le_cessie": lambda: [self._le_cessie()],
            "spiegelhalter": lambda: [self._spiegelhalter()],
            "stukel": lambda: [self._stukel()],
            "information_matrix": lambda: [self._information_matrix()],
            "link_test": lambda: [self._link_test()],
            "box_tidwell": self._box_tidwell,
            "calibration_belt": lambda: [self._calibration_belt()],
        }
        return tests[name]()

    @once
    def _patterns(self) -> PatternSums:
        """Sums over covariate patterns."""
        tested = self.tested
        sorted_with = tested.own and tested.design.in_chunks and self._n_columns <= SORTED_MOST
        return pattern_sums(tested.record, tested.design, tested.own, columns=sorted_with)

    @once
    def _sums(self) -> LinearSums:
        """Sums of squared errors, of the two tails, and of elements of the information matrix, in one pass."""
        record = self.tested.record
        functions: list[RowFunctions] = [SquaredErrors(), Tails()]
        if 0 < self._n_columns <= WHOLE_MOST:
            functions.append(Products(record))
        elif self._n_columns <= DIAGONAL_MOST:
            functions.append(Squares(record))
        return linear_sums(record, self.tested.design, self.tested.own, tuple(functions))

    @once
    def _predictors(self) -> Predicted:
        """Rows with what was predicted, and sums over them."""
        return predicted_sums(self.tested.record, self.tested.design, self.tested.own)

    @property
    def _n_columns(self) -> int:
        """Coefficients that were estimated."""
        return int(self.tested.record.inner_coef.size)

    def _of_patterns(self, name: str) -> GoodnessTest:
        """Return Pearson's statistic or the deviance of covariate patterns; no p-value where these are sparse."""
        found, own = self._patterns, self.tested.own
        dof = found.free - self.tested.estimated
        if own:
            require_unsaturated(Patterns(found.count, dof))
        test = GoodnessTest.chi_square(name, getattr(found, name), dof)
        if not found.is_sparse:
            return test
        why = (
            f"No p-value: fewer than five are expected in {found.few_expected:.0%} of the cells of "
            "pattern and outcome, where it is no chi-square."
        )
        return GoodnessTest(name, test.label, test.statistic, test.dof, float("nan"), "", why)

    def _osius_rojek(self) -> GoodnessTest:
        """Return Osius and Rojek's test."""
        tested, found = self.tested, self._patterns
        if tested.own and tested.design.in_chunks and found.cross is None:
            raise UnsupportedError(
                f"The model has {self._n_columns:,} coefficients: of rows that are read in chunks, their columns are "
                f"sorted by pattern, at most {SORTED_MOST}."
            )
        if tested.own:
            require_unsaturated(Patterns(found.count, found.free - tested.estimated))
        known = self._sums.information if tested.design.in_chunks else None
        statistic = osius_rojek(tested.record, tested.design, tested.own, found, tested.estimated, known)
        note = ""
        if found.is_sparse and found.count < MANY_PATTERNS:
            note = f"Of {found.count:,} sparse patterns it rejects a right model too often."
        if found.count < FEW_PATTERNS:
            note = f"There are {found.count} patterns: the normal distribution is approximate."
        return GoodnessTest.normal("osius_rojek", statistic, note)

    def _hosmer_lemeshow(self) -> list[GoodnessTest]:
        """Return the Hosmer-Lemeshow test by the groups of Stata and of R."""
        tested, patterns = self.tested, None
        if tested.own:
            patterns = Patterns(self._patterns.count, self._patterns.free - tested.estimated)
        try:
            with group_tests(tested.record, tested.design, patterns=patterns) as tests:
                return [_by_groups(tests, grouping) for grouping in _SYSTEMS]
        except UnsupportedError as error:
            return [_not_by_groups(grouping, error) for grouping in _SYSTEMS]

    def _le_cessie(self) -> GoodnessTest:
        """Return the unweighted sum of squares."""
        if not self.tested.own:
            raise UnsupportedError("With predictions that are known it is Spiegelhalter's test.")
        return GoodnessTest.normal("le_cessie", self._sums.of(slice(0, 1)).normal())

    def _spiegelhalter(self) -> GoodnessTest:
        """Return Spiegelhalter's test."""
        note = "Takes predictions as known, so that it rejects too rarely here: see the sum of squares."
        statistic = self._sums.of(slice(0, 1)).normal(known=True)
        return GoodnessTest.normal("spiegelhalter", statistic, note if self.tested.own else "")

    def _stukel(self) -> GoodnessTest:
        """Return Stukel's test."""
        link = self.tested.record.family.tail_link
        if link.code != LOGIT.code:
            raise UnsupportedError(f"It is of the tails of the logit, and the link is {link.words}: see the link test.")
        return GoodnessTest.chi_square("stukel", *self._sums.of(slice(1, 3)).chi_square(), "Score test.")

    def _information_matrix(self) -> GoodnessTest:
        """Return the information matrix test, or that of its diagonal."""
        q = self._n_columns
        if q == 0 or q > DIAGONAL_MOST:
            raise UnsupportedError(
                f"The model has {q:,} coefficients, and the test as many degrees of freedom or more: its distribution "
                "is too far from chi-square."
            )
        statistic, dof = self._sums.of(slice(3, None)).chi_square()
        note = "" if q <= WHOLE_MOST else f"Diagonal only: {q * (q + 1) // 2:,} elements are too many."
        return GoodnessTest.chi_square("information_matrix", statistic, dof, note)

    def _link_test(self) -> GoodnessTest:
        """Return the link test."""
        found = link_test(self.tested.record, self.tested.design, self._predictors)
        return GoodnessTest.normal("link_test", found.statistic)

    def _calibration_belt(self) -> GoodnessTest:
        """Return the test of the calibration belt."""
        found = belt_test(self.tested.record, self.tested.design, self._predictors)
        name, null = "calibration_belt", f"belt, degree {found.degree}"
        return GoodnessTest(name, ROWS[name], found.statistic, float("nan"), found.p_value, null)

    def _box_tidwell(self) -> list[GoodnessTest]:
        """Return the test of each column that may be transformed."""
        found = box_tidwell(self.tested.record, self.tested.design)
        return [
            GoodnessTest.chi_square("box_tidwell", float(statistic), int(dof), "Score test.", name)
            for name, statistic, dof in zip(found.names, found.statistic, found.dof, strict=True)
        ]


_SYSTEMS = {"stata": "Stata", "r": "R"}


def _by_groups(tests: GroupTests, grouping: str) -> GoodnessTest:
    """Return the test of ten groups of a system."""
    try:
        test = tests.of(10, grouping)
    except UnsupportedError as error:
        return _not_by_groups(grouping, error)
    beside = f"groups of {_SYSTEMS[grouping]}"
    return GoodnessTest.chi_square("hosmer_lemeshow", test.statistic, test.dof, _of_groups(test), beside)


def _not_by_groups(grouping: str, error: UnsupportedError) -> GoodnessTest:
    """Return the test of a system without an answer."""
    return GoodnessTest.refused("hosmer_lemeshow", str(error), f"groups of {grouping}")


def _of_groups(test: HosmerLemeshow) -> str:
    """Return what a reader should know of the groups."""
    if test.patterns is not None and test.patterns.dof < test.dof:
        return f"The p-value is too large: {test.patterns.count:,} patterns leave fewer degrees of freedom."
    return (
        "" if test.size.size >= test.groups_asked else f"{test.size.size} groups, as equal predictions stay together."
    )
