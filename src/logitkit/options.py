"""What callers hand over in spite of an annotation: options checked where they enter, in one wording."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import Field, fields
from functools import cache
from numbers import Integral, Real
from typing import Any, ClassVar, Self

from logitkit.errors import ArgumentError, DataError, nearest_name

__all__ = [
    "Stated",
    "is_count",
    "is_finite_number",
    "listed",
    "require_choice",
    "require_flag",
    "require_seed",
    "require_text",
    "texts_listed",
    "word_meant",
]

#: Words of options, and what they are called elsewhere.
ELSEWHERE = {
    "single-step": ("tukey", "tukeyhsd", "mvt", "dunnett", "dunnettx", "simulate", "single_step", "singlestep"),
    "benjamini-hochberg": ("bh", "fdr", "fdr_bh", "benjamini_hochberg"),
    "bonferroni": ("bonf", "bon"),
    "LR": ("lrt", "chisq", "likelihood-ratio", "likelihood ratio", "deviance"),
    "score": ("rao", "lm"),
    "risk_ratio": ("rr", "lnratioavg", "ratio", "ratioavg"),
    "odds_ratio": ("or", "lnoravg"),
    "probability": ("response", "prob", "difference"),
    "link": ("linear.predictor", "xb", "lp"),
    "reference": ("trt.vs.ctrl", "trt.vs.ctrl1", "treatment", "dunnett", "r"),
    "pairwise": ("revpairwise", "pwcompare", "tukey"),
    "sequential": ("consec", "ar"),
    "polynomial": ("poly",),
    "profile": ("pl", "profile-likelihood", "lrt"),
    "cluster": ("cl", "vcovcl", "clustered"),
}
COUNT_MOST = 1_000_000  # repetitions, groups, strengths: more is a mistake, and takes all memory before it shows


class Stated:
    """Base of dataclasses of options: an unknown argument raises an error that suggests the right name.

    Parameters
    ----------
    *given : object
        Its arguments by position.
    **named : object
        Its arguments by keyword.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.Newton(tl=1e-6)
    Traceback (most recent call last):
    logitkit.errors.ArgumentError: Newton() has no argument 'tl'. Did you mean 'tol'?
    """

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    _most_by_position: ClassVar[int | None] = None  # all that are not for keywords only

    def __new__(cls, *given: object, **named: object) -> Self:
        """Refuse arguments that there are not, before the constructor would with a TypeError."""
        known, by_position = _arguments(cls)  # type: ignore[arg-type]  # a class has a hash
        for name, value in named.items():
            if name not in known:
                hint = cls._meant(name, value) or nearest_name(name, known)
                raise ArgumentError(f"{cls.__name__}() has no argument {name!r}. {hint}")
        most = by_position if cls._most_by_position is None else cls._most_by_position
        if len(given) > most:
            rest = [f"{name}=" for name in known[most:]]
            many = f"{most} value{'' if most == 1 else 's'} by position"
            raise ArgumentError(
                f"{cls.__name__}() takes {many}, and was given {len(given)}."
                + (f" To be named: {', '.join(rest)}." if rest else "")
                + cls._instead()
            )
        return super().__new__(cls)

    @classmethod
    def _meant(cls, name: str, value: object) -> str:
        """Return what to write for a keyword that there is not, empty where no more is known than the nearest name."""
        del name, value
        return ""

    @classmethod
    def _instead(cls) -> str:
        """Return what else is said to too many values, with a blank before it."""
        return ""


@cache
def _arguments(kind: type[Stated]) -> tuple[tuple[str, ...], int]:
    """Return the names of all arguments, and how many may be given by position."""
    own = [field for field in fields(kind) if field.init]
    return tuple(field.name for field in own), sum(not field.kw_only for field in own)


def require_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """Refuse a word that is not among those of an option.

    Examples
    --------
    >>> require_choice("unseen", "nope", ("raise", "missing"))
    Traceback (most recent call last):
    logitkit.errors.DataError: unseen='nope' is not known; use 'raise' or 'missing'.
    >>> require_choice("test", "LRT", ("LR", "Wald"))
    Traceback (most recent call last):
    logitkit.errors.DataError: test='LRT' is not known; use 'LR' or 'Wald'. 'LRT' is 'LR' here.
    """
    words = list(choices)
    if not isinstance(value, str) or value not in words:
        shown = [repr(word) for word in words]
        listed = f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else shown[0]
        raise DataError(f"{name}={value!r:.60} is not known; use {listed}.{word_meant(value, words)}")


def word_meant(value: object, words: Iterable[str]) -> str:
    """Return a sentence with the option that another package's word means; empty if none is known.

    Examples
    --------
    >>> word_meant("BH", ("holm", "benjamini-hochberg")), word_meant("x", ("holm",))
    (" 'BH' is 'benjamini-hochberg' here.", '')
    """
    if not isinstance(value, str):
        return ""
    low = value.casefold()
    meant = [word for word in words if word.casefold() == low or low in ELSEWHERE.get(word, ())]
    return f" {value!r} is {meant[0]!r} here." if meant else ""


def require_flag(name: str, value: Any) -> None:
    """Refuse what is neither true nor false: ``"no"`` would count as true."""
    if type(value).__name__ not in ("bool", "bool_"):
        raise DataError(f"{name}={value!r:.60} must be True or False.")


def require_text(name: str, value: Any) -> None:
    """Refuse what is neither text nor None."""
    if value is not None and not isinstance(value, str):
        raise DataError(f"{name}={value!r:.60} must be text.")


def is_finite_number(value: Any) -> bool:
    """Tell whether a value is a number that fits into a float and is not a boolean.

    Examples
    --------
    >>> is_finite_number(1), is_finite_number(True), is_finite_number(10**400), is_finite_number("1")
    (True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def listed(value: Any) -> list[Any] | None:
    """Return the values of a list, tuple, array, column or iterator; None for a single value, text, a set or a table.

    Examples
    --------
    >>> listed((1, 2)), listed([[1], [2, 3]]), listed("ab"), listed(3), listed({1})
    ([1, 2], [[1], [2, 3]], None, None, None)
    """
    if isinstance(value, str | bytes | Mapping | set | frozenset) or not isinstance(value, Iterable):
        return None
    return None if getattr(value, "ndim", 1) != 1 else list(value)


def texts_listed(name: str, value: Any) -> list[str]:
    """Return the words of an option that takes one or several, or refuse other values.

    Examples
    --------
    >>> texts_listed("of", "age"), texts_listed("of", ("age", "lwt"))
    (['age'], ['age', 'lwt'])
    >>> texts_listed("of", 3)
    Traceback (most recent call last):
    logitkit.errors.DataError: of=3 must be text, or a list of text.
    """
    words = [value] if isinstance(value, str) else listed(value)
    if words is None or not all(isinstance(word, str) for word in words):
        raise DataError(f"{name}={value!r:.60} must be text, or a list of text.")
    return words


def is_count(value: Any, least: int = 1) -> bool:
    """Tell whether a value is a whole number from ``least`` to a million.

    Examples
    --------
    >>> is_count(3), is_count(0), is_count(2.0), is_count(10**9)
    (True, False, False, False)
    """
    return not isinstance(value, bool) and isinstance(value, Integral) and least <= int(value) <= COUNT_MOST


def require_seed(seed: Any) -> int | None:
    """Return a seed of random draws, or refuse an invalid one.

    Examples
    --------
    >>> require_seed(3), require_seed(None)
    (3, None)
    >>> require_seed(-1)
    Traceback (most recent call last):
    logitkit.errors.DataError: seed=-1: give a whole number that is not negative, or None.
    """
    if seed is None:
        return None
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise DataError(f"seed={seed!r:.60}: give a whole number that is not negative, or None.")
    return int(seed)
