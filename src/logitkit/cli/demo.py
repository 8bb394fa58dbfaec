"""The demonstration: default on small-business loans, from what a lender knows at approval.

The predictors are chosen for a reason each, and columns are left out for a reason each:

* what is known only after approval (``term``, disbursement, charge-off, balance, status) would let the model see
  the outcome;
* ``revolving`` is used as Y against anything else: its ``0`` and ``N`` both mean no, and the form moved from
  one to the other as the years, and the default rate, went on, so that telling them apart would be a calendar
  in disguise;
* ``low_doc`` belongs to a programme that ended in 2005 and is unknown for loans approved later;
* ``jobs_created`` and ``jobs_retained`` are promises, with zeros that may mean that nobody asked;
* the year is no predictor: no future loan has one that the model has seen.

Sectors 55 and 92 hold seven and five loans of the training years, the former without a default, which would give
it an infinite coefficient: they are merged into one small level, in the open.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logitkit.api.functions import logit
from logitkit.datasets import load_sba_loans
from logitkit.report.document import Column, Document, Prose, Table
from logitkit.report.formats.text import render_text
from logitkit.report.number_format import (
    format_estimate,
    format_integer,
    format_interval,
    format_level,
    format_number,
    format_percent,
)
from logitkit.results.fit import Fit

__all__ = ["FORMULA", "REPORT", "demo", "loan_table"]

REPORT = "credit-default-report.html"
TITLE = "Default on small-business loans, approvals of FY2001 to FY2006"
TRAINING_YEARS = (2001, 2006)
LAST_YEAR = 2010

AMOUNT = "np.log2(gross_approved)"
EMPLOYEES = "np.log2(1 + employees)"
FORMULA = (
    f"default ~ {AMOUNT} + guaranteed_share + {EMPLOYEES} + new_business + franchise + line_of_credit "
    "+ bank_out_of_state + urban_rural + sector"
)

#: Short names for the table; the first, the largest sector, is the reference.
SECTORS = {
    "44-45": "retail",
    "11": "agriculture",
    "21": "mining",
    "22": "utilities",
    "23": "construction",
    "31-33": "manufacturing",
    "42": "wholesale",
    "48-49": "transport",
    "51": "information",
    "52": "finance",
    "53": "real estate",
    "54": "professional",
    "56": "administrative",
    "61": "education",
    "62": "health care",
    "71": "arts",
    "72": "hotels, food",
    "81": "other services",
    "55": "small sectors",
    "92": "small sectors",
}


def loan_table(loans: Any) -> Any:
    """Return the loans with the predictors of the demonstration added.

    Examples
    --------
    The sectors of two codes become one level, and none is lost:

    >>> loans = load_sba_loans()
    >>> bool((loan_table(loans)["sector"].isna() == loans["sector"].isna()).all())
    True
    """
    line = (loans["revolving"] == "Y").astype("float64").where(loans["revolving"].notna())
    return loans.assign(
        guaranteed_share=loans["sba_approved"] / loans["gross_approved"],
        franchise=(loans["franchise_code"] > 1).astype("int64"),
        line_of_credit=line,
        bank_out_of_state=(loans["bank_state"] != loans["state"]).astype("int64"),
        sector=loans["sector"]
        .map(SECTORS)
        .astype("category")
        .cat.set_categories(list(dict.fromkeys(SECTORS.values()))),
    )


def demo(output: str | Path = REPORT) -> Iterator[str]:
    """Fit default on the SBA loans and tell what the fit says, part by part.

    Examples
    --------
    The fit comes second, and the report last:

    >>> parts = demo("report.html")
    >>> print(next(parts).splitlines()[0])
    Which small-business loans default?
    >>> "bank_out_of_state" in next(parts)
    True
    """
    start = time.perf_counter()
    yield render_text(_introduction())
    loans = loan_table(load_sba_loans())
    training = loans[loans["approval_fy"].between(*TRAINING_YEARS)]
    fit = logit(FORMULA, training)
    yield fit.summary().to_text()
    yield render_text(_reading(fit, training))
    yield render_text(_later_years(fit, loans))
    yield render_text(_not_claimed(fit, logit(FORMULA, training, cluster="bank_state")))
    path = fit.report(output, title=TITLE).resolve()
    seconds = time.perf_counter() - start
    yield f"The report with its figures is in {path}\n({seconds:.1f} s; open it in a browser.)"


def _introduction() -> Document:
    return Document(
        "Which small-business loans default?",
        blocks=(
            Prose(
                "60,000 loans that the U.S. Small Business Administration (SBA) guaranteed, approved in "
                "fiscal years 2001 to 2010. The model learns from the approvals of 2001 to 2006 and is then "
                "tried on each later year, as a lender would have met them.\n\n"
                "It uses what is known on the day of approval. Left out: the term, which for a failed loan "
                "ends when the loan failed and so gives the outcome away, and all that is dated after "
                "approval; low_doc, whose programme ended in 2005; jobs promised; the year itself. The "
                "revolving code counts as Y or not: 0 and N both mean no, and one replaced the other over "
                "the years (the rare, undocumented T counts as no). Sectors 55 and 92, with seven and five "
                "training loans, are merged into 'small sectors': none of the seven defaulted, and alone "
                "they would have an infinite coefficient."
            ),
        ),
    )


def _reading(fit: Fit, training: Any) -> Document:
    """Read the table aloud: every number comes from the fit."""
    ratios: Any = fit.odds_ratios(units={"guaranteed_share": 0.1})
    rate = fit.record.events / fit.record.total
    odds = rate / (1.0 - rate)

    def said(term: str) -> str:
        row = ratios.loc[term]
        interval = format_interval(row["conf_low"], row["conf_high"], 2)
        return f"{format_estimate(row['odds_ratio'], 2)} {interval}"

    at_home, elsewhere = (
        float(fit.predict(training.assign(bank_out_of_state=value)).mean()) for value in (0, 1)
    )  # averages over the same loans, so that they differ in the bank alone
    threefold = ratios.loc[AMOUNT, "odds_ratio"] ** 3
    sectors = ratios[ratios.index.str.startswith("sector[")]
    clear = sectors[(sectors["conf_low"] > 1.0) | (sectors["conf_high"] < 1.0)]
    low, high = clear["odds_ratio"].idxmin(), clear["odds_ratio"].idxmax()
    text = (
        f"{format_percent(rate)} of the training loans defaulted: {format_number(100 * odds, 3)} defaults "
        f"for every 100 loans paid back, odds of {format_number(odds, 3)}. An odds ratio multiplies the "
        f"odds of a loan while all else in the table is held equal; its {format_level(fit.record.level)} "
        "interval stands in brackets.\n\n"
        "Bank in another state than the borrower: the odds of default are multiplied by "
        f"{said('bank_out_of_state')}. Over the training loans, with all else as it is, the "
        f"probability of default averages {format_percent(elsewhere)} where the column is set to 1 and "
        f"{format_percent(at_home)} where it is set to 0.\n\n"
        f"Amount: each doubling multiplies the odds by {said(AMOUNT)}. A loan of $400,000 is three "
        f"doublings from one of $50,000 and has {format_estimate(threefold, 2)} times its odds.\n\n"
        "Guarantee: with ten percentage points more of the loan guaranteed by the SBA the odds are "
        f"multiplied by {said('guaranteed_share')}.\n\n"
        f"Business: each doubling of the employees (plus one), {said(EMPLOYEES)}; new rather than existing, "
        f"{said('new_business[T.new]')}; a revolving line of credit rather than another loan, "
        f"{said('line_of_credit')}.\n\n"
        f"Place: urban against rural, {said('urban_rural[T.urban]')}. The large ratio of 'undefined', "
        f"{said('urban_rural[T.undefined]')}, is no place at all: it tells of forms that were not filled "
        "in, and is kept as a level of its own so that nothing is guessed.\n\n"
        f"Sector, against retail: lowest {_level_name(low)}, {said(low)}, highest {_level_name(high)}, "
        f"{said(high)}, among those whose interval leaves out 1.\n\n"
        f"Franchise: {said('franchise')}. The interval holds 1: these loans do not tell whether a franchise "
        "matters, which is not the same as showing that it does not."
    )
    return Document("What the table says", blocks=(Prose(text),))


def _later_years(fit: Fit, loans: Any) -> Document:
    """Compare ranking and level, year by year."""
    first, last = TRAINING_YEARS
    pooled = _Year.of(fit, loans[loans["approval_fy"].between(first, last)])
    years = {year: _Year.of(fit, loans[loans["approval_fy"] == year]) for year in range(first, LAST_YEAR + 1)}
    training = [years[year].auc for year in range(first, last + 1)]
    later = [years[year].auc for year in range(last + 1, LAST_YEAR + 1)]
    columns = (
        Column("Approved", "left"),
        Column("Loans"),
        Column("AUC"),
        Column(f"{format_level(fit.record.level)} interval"),
        Column("Predicted"),
        Column("Observed"),
        Column("Obs./pred."),
    )
    rows = [(f"FY{first} to FY{last}", *pooled.cells())]
    for year, found in years.items():
        rows.append((f"FY{year}" + (" (training)" if year <= last else ""), *found.cells()))
    table = Table(None, columns, tuple(rows))
    text = (
        "AUC, the ranking: the chance that a loan that defaulted was given a higher probability than one "
        f"that was paid; 0.5 is a coin. It is {format_number(pooled.auc, 3)} over the training years "
        f"together, {format_number(min(training), 3)} to {format_number(max(training), 3)} within one of "
        f"them, and {format_number(min(later), 3)} to {format_number(max(later), 3)} within a later year. "
        "The model ranks modestly, and it goes on ranking through the crisis.\n\n"
        "Predicted and observed, the level: this breaks. For approvals of FY2008 the model predicts "
        f"{years[2008].predicted_text} and {years[2008].observed_text} default. Nothing in an application "
        "knows that credit will dry up and customers will stay away: loans of FY2007 and FY2008 met the "
        "recession within their first years. The drift is there to see before it: the rate rises within "
        f"the training years, and for FY2006 the fit itself says {years[2006].predicted_text} where "
        f"{years[2006].observed_text} defaulted. By FY2010 it says {years[2010].predicted_text} where "
        f"{years[2010].observed_text} did: guarantees and lending had changed, and these loans had fewer "
        "years in which to fail, since outcomes end in 2014."
    )
    return Document("Was it right about later loans?", blocks=(table, Prose(text)))


@dataclass(frozen=True)
class _Year:
    """Ranking and level on some loans."""

    loans: float
    auc: float
    low: float
    high: float
    predicted: float
    observed: float

    @classmethod
    def of(cls, fit: Fit, loans: Any) -> _Year:
        ranking, level = fit.discrimination(loans), fit.calibration(loans)
        total = ranking.events + ranking.nonevents
        rates = level.expected / total, level.observed / total
        return cls(total, ranking.auc, ranking.low, ranking.high, *rates)

    @property
    def predicted_text(self) -> str:
        return format_percent(self.predicted)

    @property
    def observed_text(self) -> str:
        return format_percent(self.observed)

    def cells(self) -> tuple[str, ...]:
        return (
            format_integer(self.loans),
            format_estimate(self.auc, 3),
            format_interval(self.low, self.high, 3),
            self.predicted_text,
            self.observed_text,
            format_estimate(self.observed / self.predicted, 2),
        )


def _not_claimed(fit: Fit, clustered: Fit) -> Document:
    """Say what the table leaves open, and how much of it stands when loans of one state's banks are not independent."""
    alone: Any = fit.odds_ratios()
    together: Any = clustered.odds_ratios()
    clear = (alone["conf_low"] > 1.0) | (alone["conf_high"] < 1.0)
    lost = clear & (together["conf_low"] <= 1.0) & (together["conf_high"] >= 1.0)
    row = together.loc["bank_out_of_state"]
    interval = format_interval(row["conf_low"], row["conf_high"], 2)
    names = ", ".join(alone.index[lost])
    text = (
        "The intervals take loans as independent, and they are not: loans of one bank share how it chose and "
        "sold them. With sandwich errors clustered by the state of the bank "
        f"({clustered.record.covariance.correction}) bank_out_of_state has the interval {interval}, and these "
        f"intervals come to hold 1: {names}.\n\n"
        "The table describes. It does not say what would happen if a loan were moved to another bank or made "
        "larger. Refused applications are not in the data, nor are credit scores and accounts, which a "
        "lender has. Without a view of the economy the probabilities are not fit for pricing."
    )
    return Document("What is not claimed", blocks=(Prose(text),))


def _level_name(term: str) -> str:
    return term.partition("[T.")[2].removesuffix("]")
