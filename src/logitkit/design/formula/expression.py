"""An expression of a formula as syntax: read once, and the names that it uses."""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from logitkit.errors import FormulaError

__all__ = ["Expression", "Reference", "dotted", "outside_quotes", "read_expression"]

#: Text in quotes, and a name in backticks.
QUOTED = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|`([^`]*)`""")
CHARACTERS_MOST = 100_000


@dataclass(frozen=True)
class Reference:
    """A name that an expression uses freely.

    Parameters
    ----------
    path : tuple of str
        ``("a", "b", "c")`` for ``a.b.c``.
    called : bool
        Whether it is called.
    option : bool
        Whether it is the value of an option alone, as ``cuts`` in ``bs(x, knots=cuts)`` is.
    """

    path: tuple[str, ...]
    called: bool
    option: bool

    @property
    def is_call(self) -> bool:
        """Whether a name without attributes is called: it is then no column."""
        return self.called and len(self.path) == 1

    @property
    def prefixes(self) -> Iterator[str]:
        """The path and its beginnings, the longest first, as text."""
        for size in range(len(self.path), 0, -1):
            yield ".".join(self.path[:size])


@dataclass(frozen=True)
class Expression:
    """An expression after parsing.

    Parameters
    ----------
    text : str
        As it was written, with backticks.
    tree : ast.expr
        Its syntax, in which an identifier stands for every name in backticks.
    aliases : dict of str to str
        The names in backticks by those identifiers.
    references : tuple of Reference
        Names that it uses freely, in order.
    has_xor : bool
        Whether it has a ``^``, which is no power there.
    options : tuple of (str, tuple of str)
        Functions that are called by a plain name, and the options that they are given.
    """

    text: str
    tree: ast.expr
    aliases: dict[str, str]
    references: tuple[Reference, ...]
    has_xor: bool
    options: tuple[tuple[str, tuple[str, ...]], ...]

    def written(self, node: ast.AST) -> str:
        """Return a part as it was written, in Python's own spacing."""
        text = ast.unparse(node).replace("\n", " ")
        for alias, name in self.aliases.items():
            text = text.replace(alias, f"`{name}`")
        return text


# Python 3.11 counts the depth of syntax trees for all threads together, and refuses those that are made at once.
ONE_AT_A_TIME = threading.RLock()


def read_expression(text: str) -> Expression:
    """Return an expression as syntax.

    Examples
    --------
    >>> [reference.path for reference in read_expression("np.log(`a b` + c)").references]
    [('np', 'log'), ('a b',), ('c',)]
    """
    with ONE_AT_A_TIME:
        return _read(text)


@lru_cache(maxsize=4096)
def _read(text: str) -> Expression:
    aliases: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        if match[2] is None:
            return match[0]
        alias = f"{stem}{len(aliases)}_"
        aliases[alias] = match[2]
        return alias

    if len(text) > CHARACTERS_MOST:
        raise FormulaError(f"An expression of the formula has {len(text):,} characters: {text[:40]!r}...")
    stem = "_column_"
    while stem in text:  # a column of the table is called so
        stem += "_"
    try:
        tree = ast.parse(QUOTED.sub(replace, text).strip(), mode="eval").body
        nodes = list(ast.walk(tree))
        calls = [
            (node.func.id, tuple(option.arg for option in node.keywords if option.arg is not None))
            for node in nodes
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        return Expression(
            text,
            tree,
            aliases,
            tuple(_references(nodes, aliases)),
            any(isinstance(node, ast.BitXor) for node in nodes),
            tuple(calls),
        )
    except (RecursionError, MemoryError) as error:
        raise FormulaError(f"An expression of the formula is nested too deeply: {text[:40]!r}...") from error
    except ValueError as error:
        if isinstance(error, SyntaxError):
            raise
        raise FormulaError(f"{text[:60]!r} in the formula cannot be read: {error}.") from error


def dotted(node: ast.AST) -> tuple[str, ...] | None:
    """Return the parts of a name such as ``a.b.c``; None for anything else.

    Examples
    --------
    >>> dotted(ast.parse("np.random.normal", mode="eval").body)
    ('np', 'random', 'normal')
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else None


@lru_cache(maxsize=256)
def outside_quotes(text: str) -> str:
    """Return a text with all that stands in quotes, backticks and brackets replaced by blanks.

    Examples
    --------
    >>> outside_quotes("`a~b` + I(~c)")
    '      + I    '
    """
    text = QUOTED.sub(lambda found: " " * len(found[0]), text)
    shown, depth = [], 0
    for character in text:
        depth += character in "([{"
        shown.append(" " if depth > 0 else character)
        depth -= character in ")]}" and depth > 0
    return "".join(shown)


def _references(nodes: list[ast.AST], aliases: dict[str, str]) -> Iterator[Reference]:
    """Yield the names that are used freely, once for each place."""
    bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    options = {id(node.value) for node in nodes if isinstance(node, ast.keyword)}
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        path = dotted(node)
        if path is not None and id(node) not in inner and path[0] not in bound:
            yield Reference((aliases.get(path[0], path[0]), *path[1:]), id(node) in called, id(node) in options)
