"""Results that can be displayed: the same frozen records, with the output formats of the report layer.

Formats are imported on demand, so that printing a summary loads only the text renderer.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, overload

from logitkit.report.document import Document
from logitkit.report.formats.text import render_text
from logitkit.results.foreign import in_our_words, verbs_in_our_words

if TYPE_CHECKING:
    from logitkit.report.called import Called

__all__ = ["Shown", "Summary", "showing", "shown", "with_labels"]

T = TypeVar("T")
P = ParamSpec("P")


@verbs_in_our_words
class Shown:
    """The output formats of a result: it prints as text, displays in a notebook, and can be exported for a paper.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw())
    >>> print(fit.anova().to_markdown().splitlines()[-4])
    | lwt   |       5.45 |   1 |  0.0196 |
    """

    _called: Called | None = None  # the labels of the fit, by which it is printed and drawn

    def printed(self) -> Self:
        """Return the same result with labels instead of names, as used in tables and figures.

        Returns
        -------
        object
            A result of the same class with the same numbers, or the result itself if the fit has no labels.
        """
        if self._called is None:
            return self
        from logitkit.report.called import in_print

        return in_print(self, self._called)

    def __init_subclass__(cls) -> None:
        """Make every verb refuse unknown arguments."""
        super().__init_subclass__()
        verbs_in_our_words(cls)

    def to_document(self) -> Document:
        """Return the result as a document.

        Returns
        -------
        Document
            Facts and tables, as formatted text.
        """
        if isinstance(self, Document):
            return self
        from logitkit.report.findings.documents import finding_document
        from logitkit.report.left_out import left_out_words
        from logitkit.report.tables import equation as equations  # noqa: F401
        from logitkit.report.tables import regression as regression_tables  # noqa: F401
        from logitkit.report.tables import table_one as description_tables  # noqa: F401

        document = finding_document(self.printed())
        return replace(document, notes=(*document.notes, *left_out_words(getattr(self, "left_out", None))))

    def to_text(self, width: int = 80) -> str:
        """Return the result as plain text.

        Parameters
        ----------
        width : int, default 80
            Width of the terminal in characters.

        Returns
        -------
        str
            Lines of at most that width, where possible. A row of a table of estimates is never broken.
        """
        return render_text(self.to_document(), width)

    def to_html(self) -> str:
        """Return the result as an HTML fragment that includes its style.

        Returns
        -------
        str
            HTML for notebooks and web pages.
        """
        from logitkit.report.formats.html import render_html

        return render_html(self.to_document())

    def to_markdown(self) -> str:
        """Return the result as GitHub-flavoured Markdown.

        Returns
        -------
        str
            Markdown with pipe tables.
        """
        from logitkit.report.formats.markdown import render_markdown

        return render_markdown(self.to_document())

    def to_latex(self) -> str:
        """Return the result as LaTeX for the booktabs package.

        Returns
        -------
        str
            LaTeX with special characters escaped.
        """
        from logitkit.report.formats.latex import render_latex

        return render_latex(self.to_document())

    def to_word(self, path: str | Path) -> Path:
        """Write the result as a Word document.

        Parameters
        ----------
        path : str or Path
            File to write, ending in .docx. An existing file is replaced only when the new one is complete.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        UnsupportedError
            If the package python-docx is not installed.
        """
        from logitkit.report.formats.word import render_word

        return _written(self.to_document(), path, "Word document", render_word)

    def to_excel(self, path: str | Path) -> Path:
        """Write the result as an Excel workbook, with numbers in numeric cells, rounded as displayed.

        Parameters
        ----------
        path : str or Path
            File to write, ending in .xlsx. An existing file is replaced only when the new one is complete.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        UnsupportedError
            If the package openpyxl is not installed.
        """
        from logitkit.report.formats.excel import render_excel

        return _written(self.to_document(), path, "Excel workbook", render_excel)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what is importable: the result itself, or the plain one, which is shown again when it is loaded."""
        kind = type(self)
        if getattr(sys.modules[kind.__module__], kind.__name__, None) is kind:
            return _restored, (kind, _values(self), self._called)
        plain = kind.__mro__[2]
        return shown, (plain(**_values(self)), self._called)

    def __repr__(self) -> str:
        """Return the result as text."""
        return self.to_text()

    def _repr_html_(self) -> str:
        """Return the result as HTML, for notebooks."""
        return self.to_html()


class Summary(Shown, Document):
    """The summary of a fit, a document that can be displayed and exported.

    Parameters
    ----------
    title, subtitle : str
        As in ``Document``.
    facts, blocks, notes, warnings : tuple
        As in ``Document``.

    Examples
    --------
    >>> import logitkit as lk
    >>> summary = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw()).summary()
    >>> print(summary.to_markdown().splitlines()[-3])
    | smoke     |  0.6766 |     0.3247 |  2.08 |  0.0372 |      1.967 |   1.041 |    3.717 |
    """


def shown(result: T, called: Called | None = None) -> T:
    """Return a result as a subclass with output formats, with the same fields and the labels of its fit."""
    given: Any = type(result)
    kind: Any = _kind(given)
    made = kind(**_values(result))
    return made if called is None else with_labels(made, called)  # type: ignore[no-any-return]


@overload
def showing(function: Callable[P, T]) -> Callable[P, T]: ...
@overload
def showing(function: Callable[P, Any], kind: type[T]) -> Callable[P, T]: ...
def showing(function: Callable[..., Any], kind: Any = None) -> Callable[..., Any]:
    """Return a function of a lower room with a result that shows itself, as one of ``kind`` where it has more verbs."""

    @wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        result = function(*given, **named)
        if kind is None:
            return shown(result)
        made = kind(**_values(result))
        return made if isinstance(made, Shown) else shown(made)

    return in_our_words(called)


def with_labels(result: T, called: Called | None) -> T:
    """Make a result use the labels of its fit when it is displayed."""
    if called is not None and isinstance(result, Shown) and result._called is None:  # noqa: SLF001
        object.__setattr__(result, "_called", called)
    return result


def shown_summary(document: Document) -> Summary:
    """Return a document as one that can be displayed."""
    return Summary(**_values(document))


def _written(document: Document, path: str | Path, what: str, render: Callable[[Document], bytes]) -> Path:
    from logitkit.writing import writable_path, write_file

    file = writable_path(path, what)
    return write_file(file, render(document), what)


def _restored(kind: Any, values: dict[str, Any], called: Called | None = None) -> Any:
    return with_labels(kind(**values), called)


def _values(result: Any) -> dict[str, Any]:
    return {field.name: getattr(result, field.name) for field in fields(result)}


@cache
def _kind(given: Any) -> Any:
    if given is Document:
        return Summary
    of_result = {
        name: found
        for base in reversed(given.__mro__)
        for name, found in vars(base).items()
        if inspect.isfunction(found) and not name.startswith("_") and base.__module__.startswith("logitkit")
    }
    own = {"__module__": given.__module__, "__doc__": given.__doc__}
    if hasattr(given, "plot"):
        own["plot"] = _drawn_as_printed(given.plot)
    return type(given.__name__, (Shown, given), of_result | own)


def _drawn_as_printed(plot: Callable[..., Any]) -> Callable[..., Any]:
    """Return the figure of a result as one that has the labels of the fit."""

    @wraps(plot)
    def drawn(self: Any, *given: Any, **named: Any) -> Any:
        return plot(self.printed(), *given, **named)

    return drawn
