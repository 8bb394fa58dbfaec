"""The command line: ``logitkit fit``, ``logitkit report``, ``logitkit demo``.

Libraries are imported inside the commands that need them, so that ``logitkit --help`` answers at once. A mistake in
the input ends in one line on standard error and exit status 2, as a mistake in the options does.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from typing import Any, TextIO, get_args

from logitkit import __version__
from logitkit.errors import LogitkitError, LogitkitWarning
from logitkit.typing import MissingPolicy, WeightKind

__all__ = ["main"]

FAILED = 2
FORMATS = ("text", "markdown", "latex", "html")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``logitkit``; those of the process by default.

    Returns
    -------
    int
        0, or 2 when the input is at fault. Mistakes in the options themselves exit with 2 by argparse.

    Examples
    --------
    >>> main(["fit", "y ~ x", "no-such-file.csv"])
    2
    """
    options = _parser().parse_args(argv)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            options.run(options)
            # A reader that closed the pipe is noticed here, not in the interpreter's last flush.
            sys.stdout.flush()
        except BrokenPipeError:
            # `logitkit demo | head`: the rest is not wanted, and an open stream would complain at exit.
            sys.stdout = None
        except LogitkitError as error:
            print(f"logitkit: error: {_one_line(error)}", file=sys.stderr)
            return FAILED
        except OSError as error:
            where = f" '{error.filename}'" if error.filename else ""
            print(f"logitkit: error: cannot write{where}: {error.strerror or error}", file=sys.stderr)
            return FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="logitkit", description="Logistic regression: formulas, honest inference, diagnostics and reports."
    )
    parser.add_argument("--version", action="version", version=f"logitkit {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    fit = commands.add_parser(
        "fit",
        help="fit a model to a file and print its summary",
        description="Fit a logistic regression to a CSV or Parquet file and print its summary.",
        epilog="Example: logitkit fit 'low ~ age + lwt + C(race) + smoke' lbw.csv --report lbw.html",
    )
    fit.add_argument("formula", metavar="FORMULA", help="'response ~ terms', in quotes")
    fit.add_argument("data", metavar="DATA", help="file: .csv, .csv.gz, .tsv or .parquet")
    fit.add_argument("--weights", metavar="COL", help="column of weights")
    fit.add_argument(
        "--weight-kind",
        choices=get_args(WeightKind),
        default="frequency",
        help="what the weights mean (default: %(default)s)",
    )
    fit.add_argument("--offset", metavar="COL", help="column that is added to the linear predictor")
    fit.add_argument("--cluster", metavar="COL", help="column of clusters, for sandwich standard errors")
    fit.add_argument("--event", metavar="VALUE", help="value of the response that is modelled")
    fit.add_argument(
        "--missing",
        choices=get_args(MissingPolicy),
        default="drop",
        help="rows with missing values: drop and count them, or refuse (default: %(default)s)",
    )
    fit.add_argument("--level", type=float, default=0.95, help="confidence level (default: %(default)s)")
    fit.add_argument(
        "--format", choices=FORMATS, default="text", help="how the summary is printed (default: %(default)s)"
    )
    fit.add_argument("--report", metavar="FILE", help="also write an HTML report with figures")
    fit.add_argument("--save", metavar="FILE", help="also save the model as JSON, without the data")
    fit.set_defaults(run=_fit)

    report = commands.add_parser(
        "report",
        help="write the report of a saved model on the rows of a file",
        description="Write the HTML report of a saved model, with its diagnostics on the rows of a file.",
    )
    report.add_argument("model", metavar="MODEL", help="JSON file that --save wrote")
    report.add_argument("data", metavar="DATA", help="file of rows with their outcome")
    report.add_argument("--output", metavar="FILE", default="report.html", help="default: %(default)s")
    report.add_argument("--title", help="title of the page")
    report.set_defaults(run=_report)

    demo = commands.add_parser(
        "demo",
        help="fit default on 60,000 real loans, explain the table and write a report",
        description="Fit default on 60,000 real loans, explain the table and write a report.",
    )
    demo.add_argument("--output", metavar="FILE", help="the report (default: credit-default-report.html)")
    demo.set_defaults(run=_demo)
    return parser


def _fit(options: argparse.Namespace) -> None:
    """Fit, print the summary, and write what was asked for."""
    from logitkit.api import logit
    from logitkit.design.frame import read_file

    data = read_file(options.data)
    fit = logit(
        options.formula,
        data,
        weights=options.weights,
        weight_kind=options.weight_kind,
        offset=options.offset,
        cluster=options.cluster,
        event=None if options.event is None else _event(options.event, options.formula, data),
        missing=options.missing,
        level=options.level,
    )
    summary = fit.summary()
    renderers = {
        "text": summary.to_text,
        "markdown": summary.to_markdown,
        "latex": summary.to_latex,
        "html": summary.to_html,
    }
    print(renderers[options.format]())
    if options.save:
        _say_where("model", fit.save(options.save))
    if options.report:
        _say_where("report", fit.report(options.report))


def _report(options: argparse.Namespace) -> None:
    """Write the report of a saved model."""
    from logitkit.design.frame import read_file
    from logitkit.results import load

    _say_where("report", load(options.model).report(options.output, read_file(options.data), options.title))


def _demo(options: argparse.Namespace) -> None:
    """Print the demonstration part by part."""
    from logitkit.demo import REPORT, demo

    for part in demo(options.output or REPORT):
        print(part, end="\n\n", flush=True)


def _event(text: str, formula: str, data: Any) -> Any:
    """Return the value of the response that a word of the command line means: 1 for ``"1"``, True for ``"true"``."""
    levels = _response_levels(formula, data)
    for level in levels:
        if str(level) == text:
            return level
    number = _number(text)
    for level in levels:
        if isinstance(level, bool):
            if str(level).lower() == text.lower():
                return level
        elif isinstance(level, int | float) and level == number:
            return level
    return text


def _response_levels(formula: str, data: Any) -> list[Any]:
    """Return the values of the left side of a formula, column or expression; none for counts."""
    from logitkit.design.formula import parse_formula
    from logitkit.design.frame import levels_of, read_table
    from logitkit.design.outcome import Counts, evaluate_left, missing_outcome

    table = read_table(data)
    parsed = parse_formula(f"{formula.partition('~')[0]} ~ 1", table.names, {})
    frame = data[list(parsed.left_variables)].dropna()
    rows = read_table(frame).frame(parsed.left_variables, None)
    values = evaluate_left(parsed.left, rows, parsed.functions)
    return [] if isinstance(values, Counts) else levels_of(values[~missing_outcome(values)])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _say_where(what: str, path: Any) -> None:
    # On standard error: the standard output may be a Markdown or LaTeX table on its way into a file.
    print(f"Wrote the {what} to {path}", file=sys.stderr)


def _one_line(error: object) -> str:
    return " ".join(str(error).split())


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning of the package as one line, and any other as Python does."""
    if issubclass(category, LogitkitWarning):
        print(f"logitkit: warning: {_one_line(message)}", file=sys.stderr)
    else:
        (file or sys.stderr).write(warnings.formatwarning(message, category, filename, lineno, line))
