"""Results that show themselves: the same frozen record, with text and HTML that the report layer writes."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from logitkit.report.document import Document
from logitkit.report.findings import finding_document

__all__ = ["shown"]

T = TypeVar("T")


class _Shown:
    """What a result gains: a document of itself."""

    def to_document(self) -> Document:
        """Return the result as a document, which renders as text, HTML, Markdown or LaTeX."""
        return finding_document(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the plain result, which is importable, and show it again when it is loaded."""
        plain = type(self).__mro__[2]
        return shown, (plain(**_values(self)),)

    def __repr__(self) -> str:
        """Return the result as text."""
        return str(self.to_document())

    def _repr_html_(self) -> str:
        """Return the result as HTML, for notebooks."""
        return self.to_document().to_html()


def shown(result: T) -> T:
    """Return a result as one of a subclass that shows itself; its fields are the same.

    Parameters
    ----------
    result : dataclass
        A result of a test or a diagnostic.

    Returns
    -------
    dataclass
        Equal in every field.
    """
    given: Any = type(result)
    kind: Any = _kind(given)
    return kind(**_values(result))  # type: ignore[no-any-return]


def _values(result: Any) -> dict[str, Any]:
    return {field.name: getattr(result, field.name) for field in fields(result)}


@cache
def _kind(given: Any) -> Any:
    return type(given.__name__, (_Shown, given), {"__module__": given.__module__, "__doc__": given.__doc__})
