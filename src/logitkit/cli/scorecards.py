"""``logitkit scorecard`` with its commands; those that look at further rows are in files of their own."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logitkit.cli.card_documents import add_report, add_verify
from logitkit.cli.card_monitor import add_monitor
from logitkit.cli.stated import response_level
from logitkit.errors import DataError
from logitkit.writing import require_outputs, write_file

__all__ = ["Terminal", "add_scorecard"]

FORMATS = ("text", "markdown", "latex", "html")
EXPORTS = ("sql", "python", "json", "onnx", "pmml")
DIALECTS = ("sqlite", "duckdb", "postgresql", "spark")
SELECTIONS = ("backward", "stepwise", "lasso", "all")
#: Options of the bins of all variables, by the argument of ``Bins``.
OF_BINS = ("shape", "max_bins", "min_size", "special", "unseen", "empty")
OF_SELECTION = {"select": "method", "min_iv": "min_iv", "max_correlation": "max_correlation", "keep": "keep"}
OF_SCALING = ("points_to_double", "base_points", "base_odds", "zero")


@dataclass(frozen=True)
class Terminal:
    """What the command line does with what a command makes.

    Parameters
    ----------
    read : callable
        Returns the columns of a file, given its path and the separator.
    write : callable
        Prints text on the standard output, given the text and what ends it.
    say_where : callable
        Says what was written where.
    """

    read: Callable[[str, str | None], Any]
    write: Callable[[str, str], None]
    say_where: Callable[[str, Any], None]


def add_scorecard(commands: Any, terminal: Terminal) -> None:
    """Add the commands of scorecards."""
    scorecard = commands.add_parser(
        "scorecard",
        help="make a credit scorecard, score applicants, export, watch, document and verify it",
        description="Credit scorecards: optimal bins, weights of evidence, points.",
    )
    own = scorecard.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_fit(own, terminal)
    _add_score(own, terminal)
    _add_export(own, terminal)
    add_monitor(own, terminal, _card)
    add_report(own, terminal, _card)
    add_verify(own, terminal, _card)


def _add_fit(commands: Any, terminal: Terminal) -> None:
    fit = commands.add_parser(
        "fit",
        help="make a scorecard from a file and print it",
        description="Make a scorecard from a CSV or Parquet file, and print its points.",
        epilog="Example: logitkit scorecard fit 'default ~ .' loans.csv --select backward --save card.json",
    )
    fit.add_argument("formula", metavar="FORMULA", help="'target ~ variable + variable' or 'target ~ .', in quotes")
    _add_data(fit, "file: .csv, .csv.gz, .tsv or .parquet")
    fit.add_argument("--event", metavar="VALUE", help="value of the target that is bad (default: 1 or True)")
    fit.add_argument(
        "--indeterminate",
        metavar="VALUE",
        action="append",
        default=[],
        help="value of the target that is neither good nor bad; may be repeated",
    )
    fit.add_argument(
        "--exclude",
        metavar="RULE=COL",
        action="append",
        default=[],
        help="leave out rows where a column is true, counted under the name of the rule; may be repeated",
    )
    fit.add_argument("--leave-out", metavar="A,B", help="columns that are no variables, where the formula has a point")
    fit.add_argument("--weights", metavar="COL", help="column of weights")
    bins = fit.add_argument_group("bins of all variables")
    bins.add_argument("--shape", metavar="SHAPE", help="auto (default), up, down, peak, valley, none, ...")
    bins.add_argument("--max-bins", type=int, metavar="N", help="most bins of ordinary values (default: 10)")
    bins.add_argument("--min-size", type=float, metavar="SIZE", help="least proportion of the rows (default: 0.05)")
    bins.add_argument("--special", metavar="A,B", help="numbers with bins of their own, in every variable of numbers")
    bins.add_argument("--unseen", metavar="POLICY", help="levels that were not there: raise (default), ...")
    bins.add_argument("--empty", metavar="POLICY", help="bins that had no rows: raise (default), ...")
    bins.add_argument(
        "--bins",
        metavar="FILE",
        help='JSON with more, by variable: {"age": {"cuts": [25, 40]}, "grade": {"unseen": "missing"}}',
    )
    choice = fit.add_argument_group("selection of variables (default: all that are named)")
    choice.add_argument("--select", choices=SELECTIONS, help="how they are selected")
    choice.add_argument("--min-iv", type=float, metavar="IV", help="least information value (default: 0.02)")
    choice.add_argument("--max-correlation", type=float, metavar="R", help="largest correlation (default: 0.7)")
    choice.add_argument("--keep", metavar="A,B", help="variables that are taken whatever is found")
    scaling = fit.add_argument_group("points")
    scaling.add_argument("--points-to-double", type=float, metavar="POINTS", help="to double the odds (default: 20)")
    scaling.add_argument("--base-points", type=float, metavar="POINTS", help="points at the base odds (default: 600)")
    scaling.add_argument("--base-odds", type=float, metavar="ODDS", help="goods per bad there (default: 50)")
    scaling.add_argument(
        "--zero", metavar="WHERE", help="where a variable gives 0 points: neutral (default), mean, lowest"
    )
    scaling.add_argument("--exact", action="store_true", help="points that are not rounded")
    scaling.add_argument(
        "--coding", choices=("woe", "dummies"), default="woe", help="a coefficient per variable (default), or per bin"
    )
    fit.add_argument("--level", type=float, default=0.95, help="confidence level (default: %(default)s)")
    fit.add_argument("--format", choices=FORMATS, default="text", help="format of the card (default: %(default)s)")
    fit.add_argument("--save", metavar="FILE", help="also save the scorecard as JSON, without the data")
    _add_force(fit)
    fit.set_defaults(run=lambda options: _fit(options, terminal))


def _add_score(commands: Any, terminal: Terminal) -> None:
    score = commands.add_parser(
        "score",
        help="score the rows of a file with a saved scorecard",
        description=(
            "Write points, log odds and probability of bad for each row of a file, as CSV. Rows are numbered from 0."
        ),
        epilog="Example: logitkit scorecard score card.json applicants.csv --keys id --reasons 4 --output scores.csv",
    )
    score.add_argument("card", metavar="CARD", help="JSON file that --save wrote")
    _add_data(score, "file of applicants; the target is not needed")
    score.add_argument("--keys", metavar="A,B", help="columns of the file that the result has too")
    score.add_argument("--reasons", type=int, default=0, metavar="N", help="add the N variables that cost most points")
    score.add_argument("--output", metavar="FILE", help="CSV file to write (default: the standard output)")
    score.add_argument(
        "--raw-text",
        action="store_true",
        help="do not put an apostrophe before text that a spreadsheet would read as a formula",
    )
    _add_force(score)
    score.set_defaults(run=lambda options: _score(options, terminal))


def _add_export(commands: Any, terminal: Terminal) -> None:
    export = commands.add_parser(
        "export",
        help="write a saved scorecard as SQL, Python, JSON, ONNX or PMML",
        description="Write a saved scorecard in another language, with the same points to the last bit.",
        epilog="Example: logitkit scorecard export card.json sql --dialect duckdb --table applicants --keys id",
    )
    export.add_argument("card", metavar="CARD", help="JSON file that --save wrote")
    export.add_argument("kind", choices=EXPORTS, metavar="KIND", help=f"{', '.join(EXPORTS)}")
    export.add_argument("--dialect", choices=DIALECTS, help="of sql")
    export.add_argument("--table", default="applicants", help="of sql: what to select from (default: %(default)s)")
    export.add_argument("--keys", metavar="A,B", help="of sql: columns of the table that the result has too")
    export.add_argument("--output", metavar="FILE", help="file to write (default: the standard output; onnx needs one)")
    _add_force(export)
    export.set_defaults(run=lambda options: _export(options, terminal))


def _add_data(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("data", metavar="DATA", help=what)
    command.add_argument("--separator", metavar="CHAR", help="separator of the columns of a text file: ';', tab, ...")


def _add_force(command: argparse.ArgumentParser) -> None:
    command.add_argument("--force", action="store_true", help="replace a file of another kind too")


def _fit(options: argparse.Namespace, terminal: Terminal) -> None:
    """Make a scorecard, save it where that was asked for, and print it."""
    read = [options.data] if options.bins is None else [options.data, options.bins]
    require_outputs({"scorecard": options.save}, read, options.force)
    from logitkit.api.scorecards import scorecard
    from logitkit.scorecard.scaling import Scaling
    from logitkit.scorecard.selection import Selection

    data = terminal.read(options.data, options.separator)
    chosen = {name: getattr(options, word) for word, name in OF_SELECTION.items() if getattr(options, word) is not None}
    if "keep" in chosen:
        chosen["keep"] = _words(chosen["keep"])
    scaled = {name: getattr(options, name) for name in OF_SCALING if getattr(options, name) is not None}
    formula, names = _variables(options, data)
    card = scorecard(
        formula,
        data,
        event=None if options.event is None else response_level(options.event, options.formula, data),
        indeterminate=[response_level(word, options.formula, data) for word in options.indeterminate],
        exclude=dict(_rule(rule) for rule in options.exclude),
        bins=_bins(options, data, names),
        selection=Selection(**chosen) if chosen else None,
        weights=options.weights,
        scaling=Scaling(**scaled, rounded=not options.exact),
        coding=options.coding,
        level=options.level,
    )
    try:  # files first: the reader of the standard output may go away
        if options.save:
            terminal.say_where("scorecard", card.save(options.save))
    finally:
        terminal.write(getattr(card, f"to_{options.format}")(), "\n")


def _rule(text: str) -> tuple[str, str]:
    rule, _, column = text.partition("=")
    if not rule or not column:
        raise DataError(f"--exclude {text!r}: give the name of a rule and a column, such as young=is_minor.")
    return rule, column


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _variables(options: argparse.Namespace, data: Any) -> tuple[str, list[str]]:
    """Return the formula less what is left out, and the variables; a point stands for columns without another use."""
    from logitkit.api.card_formula import stated_variables
    from logitkit.design.table.frame import read_table
    from logitkit.scorecard.kinds import why_no_variable

    table, less = read_table(data), _words(options.leave_out or "")
    names = stated_variables(options.formula, None, table).names
    if unknown := [name for name in less if name not in names]:
        raise DataError(f"--leave-out: {unknown[0]!r} is none of the variables.")
    formula = options.formula + "".join(f" - `{name}`" for name in less)
    aside = (options.weights, *(_rule(rule)[1] for rule in options.exclude))
    names = stated_variables(formula, None, table, aside).names
    return formula, [name for name in names if not why_no_variable(table.column(name), name)]  # see lk.scorecard


def _bins(options: argparse.Namespace, data: Any, names: list[str]) -> Any:
    """Return how every variable is binned: as all are, and what the file says of it."""
    from logitkit.design.table.frame import holds_numbers, read_table
    from logitkit.scorecard.stated import Bins

    of_all = {name: getattr(options, name) for name in OF_BINS if getattr(options, name) is not None}
    special = [_number(word) for word in _words(of_all.pop("special", ""))]
    of_each = {} if options.bins is None else _bins_in(options.bins)
    table = read_table(data)
    made = {}
    for name in names:
        own = {"special": special} if special and holds_numbers(table.column(name)) else {}
        made[name] = Bins(**{**of_all, **own, **of_each.pop(name, {})})
    if of_each:
        raise DataError(f"'{options.bins}' has the variable {next(iter(of_each))!r}, which the card has not.")
    return made


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise DataError(f"--special {word!r} is no number. Name levels by variable, in --bins.") from None


def _bins_in(path: str) -> dict[str, Any]:
    """Return what a file states of the bins of variables."""
    try:
        stated = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise DataError(f"'{path}' is not JSON: {error}.") from error
    if not isinstance(stated, dict) or not all(isinstance(own, dict) for own in stated.values()):
        raise DataError(f"""'{path}' must hold options by variable, such as {{"age": {{"cuts": [25, 40]}}}}.""")
    return stated


def _card(path: str) -> Any:
    """Return a saved scorecard, and no fit."""
    from logitkit.results.cards.scorecard import Scorecard
    from logitkit.results.loading import load

    card = load(path)
    if not isinstance(card, Scorecard):
        raise DataError(f"'{path}' holds a fit and no scorecard. Score rows with logitkit predict.")
    return card


def _score(options: argparse.Namespace, terminal: Terminal) -> None:
    """Write the scores of the rows of a file."""
    require_outputs({"scores": options.output}, [options.card, options.data], options.force)
    from logitkit.report.formats.csv_table import compressed, render_csv

    card, data = _card(options.card), terminal.read(options.data, options.separator)
    scores = card.score(data)
    if options.reasons:
        scores = scores.join(card.reasons(data, options.reasons))
    for place, key in enumerate(_words(options.keys or "")):
        if key not in data.columns:
            raise DataError(f"--keys: there is no column {key!r}.")
        if key in scores.columns:
            raise DataError(f"--keys: {key!r} is a column of the result already.")
        scores.insert(place, key, data[key].to_numpy())
    text = render_csv(scores, options.raw_text)
    if options.output:
        terminal.say_where("scores", write_file(options.output, compressed(text, options.output), "scores"))
    else:
        terminal.write(text, "")


def _export(options: argparse.Namespace, terminal: Terminal) -> None:
    """Write a scorecard in another language."""
    require_outputs({"export": options.output}, [options.card], options.force)
    if options.kind == "onnx" and not options.output:
        raise DataError("A graph of ONNX is no text: name a file, --output card.onnx.")
    card = _card(options.card)
    written = card.export(
        options.kind, options.output, dialect=options.dialect, table=options.table, keys=_words(options.keys or "")
    )
    if options.output:
        terminal.say_where("export", written)
    else:
        terminal.write(written, "")
