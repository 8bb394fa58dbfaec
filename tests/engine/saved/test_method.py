"""The text of a file that says how a fit was solved gives back the method and the accuracy of standard errors."""

from __future__ import annotations

from dataclasses import replace

import pytest

import logitkit as lk
from logitkit.engine.saved.method import method_in, words_of
from logitkit.engine.saved.record import pack_record, unpack_record

MAXIMA = "; 2 of 5 starts lead to a lower maximum of the likelihood"


@pytest.mark.parametrize("errors_within", [0.0, 1e-6, 4e-8])
@pytest.mark.parametrize("method", ["Newton's method", f"Newton's method{MAXIMA}"])
def test_a_record_comes_back_with_its_accuracy_and_says_it(method: str, errors_within: float) -> None:
    fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1, 0], "x": [0.0, 1.0, 2.0, 3.0, 1.5, 1.0]})
    record = replace(fit.record, method=method, errors_within=errors_within)
    found = unpack_record(pack_record(record), {})
    assert (found.method, found.errors_within) == (method, errors_within)
    assert found.lower_maxima == method.partition("; ")[2]


@pytest.mark.parametrize("words", ["nan", "inf", "1e-06 or so", "-1e-06", ""])
def test_words_of_no_accuracy_are_left_as_they_are(words: str) -> None:
    stated = f"Newton's method, standard errors accurate to {words}{MAXIMA}"
    assert method_in(stated) == (stated, 0.0)


def test_what_is_written_is_read() -> None:
    assert method_in(words_of("Newton's method", 9e-10)) == ("Newton's method", 9e-10)
