"""What the transforms of a formula learn over passes; the evaluator of expressions asks for it a call at a time."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from logitkit.design.chunks.transforms import Learner, learner_of, may_add_missing
from logitkit.design.formula.coding import raise_in_words
from logitkit.design.formula.language import KNOWN
from logitkit.errors import LogitkitError

__all__ = ["Pending", "Transforms"]

VALUES_LEAST = 1_000
PART_OF_MEMORY = 512  # bytes of memory for each value that is held: 16, and twice as many while they are sorted


class Pending(Exception):  # noqa: N818 - says that a value is not known yet, and nothing is wrong
    """A transform has not learnt yet.

    Parameters
    ----------
    written : str
        Its call.
    values : object
        Its argument.
    """

    def __init__(self, written: str, values: Any) -> None:
        super().__init__(written)
        self.written = written
        self.values = values


class Transforms:
    """What the transforms of a formula have learnt, and what learns them.

    Parameters
    ----------
    memory : int
        Bytes that may be held; a column whose knots are learnt takes a small part of it.
    """

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.states: dict[str, dict[str, Any]] = {}
        self.learners: dict[str, Learner] = {}
        self.options: dict[str, dict[str, Any]] = {}
        self.added: set[str] = set()
        self.are_unsure = False

    def call(
        self,
        function: Any,
        written: str,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
        handed: dict[str, Any],
    ) -> Any:
        """Return the value of a transform that has learnt; of another take the argument."""
        if written in self.states:
            return function(*arguments, **options, **{**handed, "_state": self.states[written]})
        if function is KNOWN["poly"] and (options.get("raw") or any(arguments[2:3])):  # powers, which learn nothing
            return function(*arguments, **options, **handed)
        if written not in self.learners:
            self.learners[written] = learner_of(
                function, written, arguments, options, VALUES_LEAST + self.memory // PART_OF_MEMORY
            )
            self.options[written] = options
        if written not in self.added:
            self.added.add(written)
            self.learners[written].add(arguments[0])
        raise Pending(written, arguments[0])

    @property
    def are_needed(self) -> bool:
        """Whether some transform has learnt or is learning."""
        return bool(self.states or self.learners)

    def again(self) -> Transforms:
        """Return what was learnt and what is being learnt, for the next pass."""
        found = Transforms(self.memory)
        found.states, found.learners, found.options = self.states, dict(self.learners), self.options
        self.learners = {}
        return found

    def merge(self, later: Transforms) -> None:
        """Take what later rows have shown."""
        self.are_unsure |= later.are_unsure
        for written, learner in later.learners.items():
            self.options.setdefault(written, later.options[written])
            if written in self.learners:
                self.learners[written].merge(learner)
            else:
                self.learners[written] = deepcopy(learner)

    def finish(self) -> None:
        """End a pass."""
        for written, learner in list(self.learners.items()):
            try:
                state = learner.finish()
            except LogitkitError:
                raise
            except Exception as error:  # noqa: BLE001 - formulaic says what is wrong with the knots or the values
                raise_in_words(error)
            if state is not None:
                self.states[written] = state
                self.are_unsure |= may_add_missing(self.options[written], state)
                del self.learners[written]

    def close(self) -> None:
        """Let go of what learners hold."""
        for learner in self.learners.values():
            learner.close()
