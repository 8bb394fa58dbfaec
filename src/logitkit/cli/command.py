"""The command line: ``logitkit fit``, ``predict``, ``report``, ``scorecard`` and ``demo``.

Libraries are imported inside the commands that need them, so that ``logitkit --help`` answers at once. A mistake in
the input ends in one line on standard error and exit status 2, as a mistake in the options does.
"""

from __future__ import annotations

import argparse
import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO, get_args

from logitkit import __version__
from logitkit.cli.scorecards import Terminal, add_scorecard
from logitkit.cli.stated import add_model, add_options, stated_model, stated_options
from logitkit.errors import DataError, LogitkitError, LogitkitWarning, UnsupportedError
from logitkit.typing import MissingPolicy, Unit, UnseenPolicy, WeightKind
from logitkit.writing import require_outputs, write_file

__all__ = ["main"]

FAILED = 2
INTERRUPTED = 130  # as the shell has it for Ctrl-C
FORMATS = ("text", "markdown", "latex", "html")
TAB = ("tab", "\\t")  # how a tab can be typed
DECIMAL_COMMA = re.compile(r"\s*[-+]?\d*,\d+\s*")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Examples
    --------
    >>> main(["fit", "y ~ x", "no-such-file.csv"])
    2
    """
    options = _parser().parse_args(argv)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            status = options.run(options)
        except LogitkitError as error:
            _tell(f"logitkit: error: {_one_line(error)}")
            return FAILED
        except OSError as error:
            where = f" '{error.filename}'" if error.filename else ""
            _tell(f"logitkit: error: cannot write{where}: {error.strerror or error}")
            return FAILED
        except KeyboardInterrupt:
            _tell("logitkit: interrupted")
            return INTERRUPTED
    return status or 0


def _print(text: str, end: str = "\n") -> None:
    """Print on the standard output; a reader that closed the pipe ends the printing only.

    ``logitkit fit ... | head`` wants no more lines, and an open stream would complain at exit.
    """
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        sys.stdout = None


def _tell(text: str) -> None:
    """Say something on standard error: the standard output may be a table on its way into a file.

    Nobody may be reading; what is done does not depend on it.
    """
    if sys.stderr is not None:
        try:
            print(text, file=sys.stderr, flush=True)
        except BrokenPipeError:
            sys.stderr = None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="logitkit", description="Logistic regression: formulas, inference, diagnostics and reports."
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
    add_model(fit)
    _add_data(fit, "file: .csv, .csv.gz, .tsv or .parquet")
    fit.add_argument("--weights", metavar="COL", help="column of weights")
    fit.add_argument(
        "--weight-kind",
        choices=get_args(WeightKind),
        default="frequency",
        help="what the weights mean (default: %(default)s)",
    )
    fit.add_argument("--offset", metavar="COL", help="column added to the linear predictor")
    fit.add_argument("--cluster", metavar="COL", help="column of clusters, for sandwich standard errors")
    fit.add_argument(
        "--missing",
        choices=get_args(MissingPolicy),
        default="drop",
        help="rows with missing values: drop and count them, or stop (default: %(default)s)",
    )
    add_options(fit)
    fit.add_argument("--level", type=float, default=0.95, help="confidence level (default: %(default)s)")
    fit.add_argument("--format", choices=FORMATS, default="text", help="format of the summary (default: %(default)s)")
    _add_units(fit)
    fit.add_argument("--report", metavar="FILE", help="also write an HTML report with figures")
    fit.add_argument("--save", metavar="FILE", help="also save the model as JSON, without the data")
    _add_force(fit)
    fit.set_defaults(run=_fit)

    predict = commands.add_parser(
        "predict",
        help="score the rows of a file with a saved model",
        description=(
            "Write the predicted probability and its interval for each row of a file, as CSV. Rows are numbered from "
            "0; where a value is missing, so is the prediction. A model whose penalty leaves no intervals gives "
            "probabilities only, with a message."
        ),
        epilog="Example: logitkit predict births.json lbw.csv --output scored.csv",
    )
    predict.add_argument("model", metavar="MODEL", help="JSON file that --save wrote")
    _add_data(predict, "file of rows; the outcome is not needed")
    predict.add_argument("--output", metavar="FILE", help="CSV file to write (default: the standard output)")
    predict.add_argument(
        "--unseen",
        choices=get_args(UnseenPolicy),
        default="raise",
        help="rows with a level that the fit never saw: stop, or leave the prediction missing (default: %(default)s)",
    )
    predict.add_argument("--level", type=float, help="confidence level (default: that of the fit)")
    predict.add_argument(
        "--raw-text",
        action="store_true",
        help=(
            "do not put an apostrophe before text that a spreadsheet would read as a formula (first character =, +, - "
            "or @)"
        ),
    )
    _add_force(predict)
    predict.set_defaults(run=_predict)

    report = commands.add_parser(
        "report",
        help="write the report of a saved model on the rows of a file",
        description="Write the HTML report of a saved model, with diagnostics on the rows of a file.",
    )
    report.add_argument("model", metavar="MODEL", help="JSON file that --save wrote")
    _add_data(report, "file of rows with their outcome")
    report.add_argument("--output", metavar="FILE", default="report.html", help="default: %(default)s")
    report.add_argument("--title", help="title of the page")
    _add_units(report)
    _add_force(report)
    report.set_defaults(run=_report)

    add_scorecard(commands, Terminal(_read, _print, _say_where))

    demo = commands.add_parser(
        "demo",
        help="fit a model of default on 60,000 real loans, explain the table and write a report",
        description="Fit a model of default on 60,000 real loans, explain the table and write a report.",
    )
    demo.add_argument("--output", metavar="FILE", help="the report (default: credit-default-report.html)")
    _add_force(demo)
    demo.set_defaults(run=_demo)
    return parser


def _add_data(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("data", metavar="DATA", help=what)
    command.add_argument("--separator", metavar="CHAR", help="separator of the columns of a text file: ';', tab, ...")


def _add_units(command: argparse.ArgumentParser) -> None:
    text = (
        "change in a column to which its coefficient refers, such as balance=10000; or balance=sd and balance=iqr, "
        "those of the rows; may be repeated"
    )
    command.add_argument("--units", metavar="COL=NUMBER", action="append", default=[], help=text)


def _add_force(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--force",
        action="store_true",
        help="replace files of another kind too; a file that the same run reads is never replaced",
    )


def _fit(options: argparse.Namespace) -> None:
    """Fit, write what was asked for, and print the summary."""
    require_outputs({"model": options.save, "report": options.report}, [options.data], options.force)
    units = _units(options)
    fit = _fitted(options)
    text = getattr(fit.summary(units), f"to_{options.format}")()
    try:  # files first: the reader of the standard output may go away
        if options.save:
            _say_where("model", fit.save(options.save))
        if options.report:
            _say_where("report", fit.report(options.report, units=units, source=Path(options.data).name))
    finally:
        _print(text)


def _fitted(options: argparse.Namespace) -> Any:
    """Return the fit of a formula that sees none of the names of this module."""
    from logitkit.api.fitting import fit

    data = _read(options.data, options.separator)
    # A formula sees the names of the scope that calls the function: at the command line there are none to see.
    names = ("weights", "weight_kind", "offset", "cluster", "missing", "level")
    call = {
        "_fit": fit,
        "_formula": options.formula,
        "_data": data,
        "_options": {
            "model": stated_model(options, data),
            **stated_options(options),
            **{name: getattr(options, name) for name in names},
        },
    }
    return eval("_fit(_formula, _data, **_options)", call)


def _units(options: argparse.Namespace) -> dict[str, Unit]:
    from logitkit.report.units import read_units

    return read_units(options.units)


def _predict(options: argparse.Namespace) -> None:
    """Write probabilities of the rows of a file, of several outcomes a line each."""
    require_outputs({"predictions": options.output}, [options.model, options.data], options.force)
    from logitkit.report.formats.csv_table import compressed, render_csv

    fit = _saved_fit(options.model)
    data = _read(options.data, options.separator)
    try:
        rows = fit.predictions(data, level=options.level, unseen=options.unseen)
        table = rows.rename(columns={"estimate": "probability"})[["probability", "conf_low", "conf_high"]]
    except UnsupportedError as refusal:  # after a penalty there may be no intervals
        if options.level is not None:
            raise
        _tell(f"Without intervals. {_one_line(refusal)}")
        found: Any = fit.predict(data, unseen=options.unseen)
        # Of several outcomes one column per outcome, which becomes a row each, as with intervals.
        found = found.stack(future_stack=True) if found.ndim == 2 else found
        table = found.to_frame("probability")
    text = render_csv(table, options.raw_text)
    if options.output:
        _say_where("predictions", write_file(options.output, compressed(text, options.output), "predictions"))
    else:
        _print(text, end="")
    without = table["probability"].isna().groupby(level=0).any()
    if without.any():
        _tell(f"Rows without a prediction: {int(without.sum())} of {len(without)}")


def _saved_fit(path: str) -> Any:
    """Return a saved fit, and no scorecard."""
    from logitkit.results.fit import Fit
    from logitkit.results.loading import load

    fit = load(path)
    if not isinstance(fit, Fit):
        raise DataError(f"'{path}' holds a scorecard. Score rows with logitkit scorecard score.")
    return fit


def _report(options: argparse.Namespace) -> None:
    """Write the report of a saved model."""
    require_outputs({"report": options.output}, [options.model, options.data], options.force)
    units, data = _units(options), _read(options.data, options.separator)
    fit, source = _saved_fit(options.model), Path(options.data).name
    _say_where("report", fit.report(options.output, data, options.title, units=units, source=source))


def _demo(options: argparse.Namespace) -> None:
    """Print the demonstration part by part."""
    from logitkit.cli.demo import REPORT, demo

    path = options.output or REPORT
    require_outputs({"report": path}, force=options.force)
    for part in demo(path):  # the report comes last, also where nobody reads on
        _print(part, end="\n\n")


def _read(path: str, separator: str | None) -> Any:
    """Return the columns of a file."""
    from logitkit.design.table.files import read_file

    if separator is not None:
        character = "\t" if separator in TAB else separator
        if len(character) != 1 or character in '"\r\n':
            raise DataError(f"--separator {separator!r} is not one character; use for example ';' or tab.")
        data = read_file(path, character)
        _require_decimal_points(data)
        return data
    return read_file(path)


def _require_decimal_points(data: Any) -> None:
    """Refuse numbers such as 1,5, usual where semicolons are: they would be text, and each a level of a factor."""
    for name in data.columns:
        values = data[name].dropna().unique()
        if len(values) and all(isinstance(value, str) and DECIMAL_COMMA.fullmatch(value) for value in values):
            raise DataError(
                f"Column {name!r} holds numbers with a comma, such as '{values[0]}'; write a decimal point."
            )


def _say_where(what: str, path: Any) -> None:
    _tell(f"Wrote the {what} to {path}")


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
        _tell(f"logitkit: warning: {_one_line(message)}")
    else:
        (file or sys.stderr).write(warnings.formatwarning(message, category, filename, lineno, line))
