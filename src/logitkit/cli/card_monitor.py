"""``logitkit scorecard monitor``."""

from __future__ import annotations

import argparse
from typing import Any

from logitkit.cli.stated import response_level
from logitkit.writing import require_outputs

__all__ = ["add_monitor"]

FORMATS = ("text", "markdown", "latex", "html")
#: Limits of the monitor, with what each is of.
OF_LIMITS = {
    "psi": "the index of the score (default: 0.25)",
    "csi": "the index of a variable (default: 0.25)",
    "points": "the change of the mean score (default: 10)",
    "bad_rate": "the bad rate, as a multiple of that expected (default: 1)",
    "gini": "the Gini coefficient, from below (default: the lower end of that of development)",
}


def add_monitor(commands: Any, terminal: Any, card_of: Any) -> None:
    """Add the command that compares applicants of every period with those of the card."""
    monitor = commands.add_parser(
        "monitor",
        help="compare the applicants of every period with those that a saved scorecard was made from",
        description=(
            "Print how scores, variables and outcomes of the applicants of every period differ from those that the "
            "card was made from, and which measure passed its limit first."
        ),
        epilog="Example: logitkit scorecard monitor card.json later.csv --period applied --report monitor.html",
    )
    monitor.add_argument("card", metavar="CARD", help="JSON file that --save wrote")
    monitor.add_argument("data", metavar="DATA", help="file of later applicants")
    monitor.add_argument("--separator", metavar="CHAR", help="separator of the columns of a text file: ';', tab, ...")
    monitor.add_argument("--period", metavar="COL", required=True, help="column of dates, or of periods in their order")
    monitor.add_argument("--every", choices=("month", "quarter", "year"), default="month", help="default: %(default)s")
    monitor.add_argument(
        "--known",
        metavar="N|COL",
        help="when outcomes are known: N periods later, or on the dates of a column (default: they are not looked at)",
    )
    monitor.add_argument("--target", metavar="COL", help="column of the outcome (default: that of the card)")
    monitor.add_argument(
        "--indeterminate",
        metavar="VALUE",
        action="append",
        default=[],
        help="value of the target that is neither good nor bad; may be repeated",
    )
    for name, what in OF_LIMITS.items():
        monitor.add_argument(f"--{name.replace('_', '-')}", type=float, metavar="LIMIT", help=f"limit of {what}")
    monitor.add_argument("--weights", metavar="COL", help="column of the weights of the applicants")
    monitor.add_argument("--base", metavar="FILE", help="compare with these applicants instead")
    monitor.add_argument("--format", choices=FORMATS, default="text", help="of the result (default: %(default)s)")
    monitor.add_argument("--report", metavar="FILE", help="also write a report with figures, .html or .docx")
    monitor.add_argument("--force", action="store_true", help="replace a file of another kind too")
    monitor.set_defaults(run=lambda options: _monitor(options, terminal, card_of))


def _monitor(options: argparse.Namespace, terminal: Any, card_of: Any) -> None:
    """Print a card over time, and write its report where that was asked for."""
    read = [options.card, options.data] if options.base is None else [options.card, options.data, options.base]
    require_outputs({"report": options.report}, read, options.force)
    from logitkit.scorecard.monitoring.limits import Limits

    card, data = card_of(options.card), terminal.read(options.data, options.separator)
    known = int(options.known) if options.known is not None and options.known.isdecimal() else options.known
    for name in (options.period, known):
        if isinstance(name, str) and name in data.columns:
            data[name] = _dates(data[name])
    target = options.target or card.population.target
    found = card.monitor(
        data,
        period=options.period,
        known=known,
        target=target,
        indeterminate=[response_level(word, f"{target} ~ 1", data) for word in options.indeterminate],
        base=None if options.base is None else terminal.read(options.base, options.separator),
        weights=options.weights,
        every=options.every,
        limits=Limits(**{name: getattr(options, name) for name in OF_LIMITS if getattr(options, name) is not None}),
    )
    try:  # files first: the reader of the standard output may go away
        if options.report:
            terminal.say_where("report", found.report(options.report))
    finally:
        terminal.write(getattr(found, f"to_{options.format}")(), "\n")


def _dates(values: Any) -> Any:
    """Return text as dates where all of it is; numbers and other text as they are."""
    if values.dtype.kind in "iufbM":
        return values
    try:
        return values.astype("datetime64[ns]")
    except (TypeError, ValueError):
        return values
