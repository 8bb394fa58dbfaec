"""``logitkit scorecard report`` and ``verify``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from logitkit.cli.stated import response_level
from logitkit.errors import DataError
from logitkit.writing import require_outputs, write_file

__all__ = ["add_report", "add_verify"]

FORMATS = ("text", "markdown", "latex", "html", "json")
DIFFERS = 1  # the exit status of a card that data do not give
OF_EVIDENCE = ("cut", "gain", "loss", "period", "every", "correlation")


def add_report(commands: Any, terminal: Any, card_of: Any) -> None:
    """Add the command that writes the document of a card."""
    report = commands.add_parser(
        "report",
        help="write the development document of a saved scorecard, as HTML, Word or JSON",
        description=(
            "Write what a validator asks for: population, leakage checks, bins, selection, model, points, validation, "
            "grades, calibration, stability, fairness, profit, limits and a manifest. A part without its input says "
            "how to get it."
        ),
        epilog=(
            "Example: logitkit scorecard report card.json --development loans.csv --sample later=later.csv "
            "--groups sex --cut 600 --output card.docx"
        ),
    )
    report.add_argument("card", metavar="CARD", help="JSON file that --save wrote")
    report.add_argument("--development", metavar="FILE", help="the rows that the card was made from")
    report.add_argument(
        "--exclude",
        metavar="RULE=COL",
        action="append",
        default=[],
        help="rows of it that a rule left out: where a column is true; may be repeated",
    )
    report.add_argument(
        "--sample",
        metavar="NAME=FILE",
        action="append",
        default=[],
        help="other rows with their outcome, such as those out of time; may be repeated",
    )
    report.add_argument("--separator", metavar="CHAR", help="separator of the columns of text files: ';', tab, ...")
    report.add_argument("--target", metavar="COL", help="column of the outcome (default: that of the card)")
    report.add_argument(
        "--indeterminate",
        metavar="VALUE",
        action="append",
        default=[],
        help="value of the target that is neither good nor bad; may be repeated",
    )
    report.add_argument("--weights", metavar="COL", help="column of weights, of all files")
    more = report.add_argument_group("further sections")
    more.add_argument("--groups", metavar="A,B", help="columns of groups, between which decisions are compared")
    more.add_argument("--cut", type=float, metavar="POINTS", help="points from which applicants are approved")
    more.add_argument("--gain", metavar="N|COL", help="what a good earns")
    more.add_argument("--loss", metavar="N|COL", help="what a bad costs")
    more.add_argument("--period", metavar="COL", help="column of dates or periods, over which bins are looked at")
    more.add_argument("--every", choices=("month", "quarter", "year"), help="periods of dates (default: quarter)")
    more.add_argument("--correlation", type=float, metavar="RHO", help="asset correlation of the tests of grades")
    report.add_argument("--title", help="title of the document")
    report.add_argument("--source", help="where the rows come from")
    report.add_argument(
        "--output", metavar="FILE", default="card.html", help="ends in .html, .docx or .json (default: %(default)s)"
    )
    _add_force(report)
    report.set_defaults(run=lambda options: _report(options, terminal, card_of))


def add_verify(commands: Any, terminal: Any, card_of: Any) -> None:
    """Add the command that makes a card again and compares."""
    verify = commands.add_parser(
        "verify",
        help="make a saved scorecard again from its rows, and compare number by number",
        description=(
            "Make a saved scorecard again from the rows of a file, by the parameters in its manifest, and compare "
            "fingerprints, counts, bins, the model and points. Exit status: 0 where all agree, 1 where something "
            "differs, 2 for a mistake in the input."
        ),
        epilog="Example: logitkit scorecard verify card.json loans.csv --exclude minors=is_minor --format json",
    )
    verify.add_argument("card", metavar="CARD", help="JSON file that --save wrote")
    verify.add_argument("data", metavar="DATA", help="the rows that the card was made from")
    verify.add_argument("--separator", metavar="CHAR", help="separator of the columns of a text file: ';', tab, ...")
    verify.add_argument(
        "--exclude", metavar="RULE=COL", action="append", default=[], help="the rules, as they were; may be repeated"
    )
    verify.add_argument("--weights", metavar="COL", help="column of weights")
    verify.add_argument("--rejects", metavar="FILE", help="those who were refused, of a card with reject inference")
    verify.add_argument("--reject-weights", metavar="COL", help="their column of weights")
    verify.add_argument("--same-versions", action="store_true", help="another version of a package differs too")
    verify.add_argument("--format", choices=FORMATS, default="text", help="format of the result (default: %(default)s)")
    verify.add_argument("--output", metavar="FILE", help="also write it: .docx, .html or .json")
    _add_force(verify)
    verify.set_defaults(run=lambda options: _verify(options, terminal, card_of))


def _add_force(command: argparse.ArgumentParser) -> None:
    command.add_argument("--force", action="store_true", help="replace a file of another kind too")


def _report(options: argparse.Namespace, terminal: Any, card_of: Any) -> None:
    """Write the document."""
    files = dict(_pair(text, "--sample", "later=later.csv") for text in options.sample)
    read = [options.card, *files.values(), *([options.development] if options.development else [])]
    require_outputs({"document": options.output}, read, options.force)
    if options.exclude and not options.development:
        raise DataError("--exclude is of the rows of --development, which is not given.")
    from logitkit.scorecard.evidence import Evidence

    card = card_of(options.card)
    samples = {name: terminal.read(path, options.separator) for name, path in files.items()}
    stated = {name: getattr(options, name) for name in OF_EVIDENCE if getattr(options, name) is not None}
    for name in ("gain", "loss"):
        if name in stated:
            stated[name] = _amount(stated[name])
    if options.groups:
        stated["groups"] = [word.strip() for word in options.groups.split(",") if word.strip()]
    if options.development:
        rows = terminal.read(options.development, options.separator)
        stated["development"] = _kept(rows, _rules(options.exclude))
    target = options.target or card.population.target
    one = next((table for table in (stated.get("development"), *samples.values()) if table is not None), None)
    levels = [] if one is None else [response_level(word, f"{target} ~ 1", one) for word in options.indeterminate]
    written = card.report(
        options.output,
        samples,
        target=options.target,
        indeterminate=levels,
        weights=options.weights,
        title=options.title,
        source=options.source,
        evidence=Evidence(**stated),
    )
    terminal.say_where("document", written)


def _verify(options: argparse.Namespace, terminal: Any, card_of: Any) -> int:
    """Print what came of making a card again, and return the exit status."""
    read = [options.card, options.data, *([options.rejects] if options.rejects else [])]
    require_outputs({"document": options.output}, read, options.force)
    from logitkit.report.findings.dispatch import finding_document
    from logitkit.report.formats.json_document import render_json
    from logitkit.report.pages.parts import rendered

    found = card_of(options.card).verify(
        terminal.read(options.data, options.separator),
        exclude=_rules(options.exclude) or None,
        weights=options.weights,
        rejects=None if options.rejects is None else terminal.read(options.rejects, options.separator),
        reject_weights=options.reject_weights,
        same_versions=options.same_versions,
    )
    document = finding_document(found)
    try:  # files first: the reader of the standard output may go away
        if options.output:
            path = Path(options.output)
            terminal.say_where("document", write_file(path, rendered(document, path.suffix), "document"))
    finally:
        text = render_json(document) if options.format == "json" else getattr(found, f"to_{options.format}")()
        terminal.write(text, "\n")
    return 0 if found.agrees else DIFFERS


def _pair(text: str, option: str, example: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if not name or not value:
        raise DataError(f"{option} {text!r}: give a name and what it names, such as {example}.")
    return name, value


def _rules(texts: list[str]) -> dict[str, str]:
    return dict(_pair(text, "--exclude", "minors=is_minor") for text in texts)


def _kept(rows: Any, rules: dict[str, str]) -> Any:
    """Return the rows that no rule left out."""
    from logitkit.design.table.frame import read_table
    from logitkit.scorecard.exclusions import excluded_rows

    out, _ = excluded_rows(rules, read_table(rows))
    return rows[~out]


def _amount(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
