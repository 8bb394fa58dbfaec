"""Reject inference on outcomes that are hidden: ``python benchmarks/reject_inference.py --page FILE`` (some minutes).

Bad rates and slopes in two populations, coverage of intervals, and loans of which a lender refuses some. ``--page``
writes the tables into the section of that page that has them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from inference_page import table_text
from scipy.special import expit

import logitkit as lk
from logitkit.scorecard import Augmentation, Extrapolation, FuzzyAugmentation, Parcelling, Reclassification

SECTION = "## Measured on outcomes that were hidden\n"
FIRST, SECOND = np.array([-2.2, -1.2, -0.2]), np.array([-0.4, 0.0, 0.5])
POLICIES = {"card": "by the card's variables", "hidden": "by a hidden variable"}
METHODS = (
    Augmentation(),
    Augmentation(bands=5),
    Augmentation(accept_probability="known"),
    FuzzyAugmentation(),
    Parcelling(),
    Extrapolation(),
    Reclassification(),
)
#: What a card of the loans has when it has not the bank.
CARD = ("state", "bank_state", "sector", "employees", "new_business", "urban_rural", "revolving", "low_doc")
BINS = lk.scorecard.Bins(unseen="neutral", empty="neutral")

#: The section of the page, a paragraph or a table each.
PARTS = """\
All tables are what `python benchmarks/reject_inference.py --page docs/maths/reject_inference.md` writes.

**Populations.** {n} simulated applicants with two variables of three levels; the card has both. In the first
population acceptance depends on these two, in the second on the first of them and on a hidden one, which moves
the log-odds of bad by 2: {about}. Errors of the bad rate of rejects are in percentage points; slopes are divided
by those of the fit to all true outcomes.

{simulated}

What is right in one population is wrong in the other, and accepts look alike in both. That parcelling hits the
second is the luck of its factor. Only probabilities of acceptance that are known are right in both.

**Coverage.** {samples} samples of {size} applicants of the first population: per cent of intervals of level 95 %
that have the two slopes that the same method gives for all 200,000.

{coverage}

**Loans.** {loans} loans of `load_sba_window`, bad if charged off within 24 months, and a card of {variables}
variables. A lender refuses some by chance, the more the higher the log-odds of a card of the same variables, or of
the bank, which the card has not: {about_loans}. Errors of the bad rate of those refused are in percentage points.

{of_bank}

**Ranges**, where what the card has decides: {ranges}."""


def population(n: int, seed: int, policy: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Return applicants with outcomes and the probability of their acceptance, and who was accepted."""
    draw = np.random.default_rng(seed)
    first, second, hidden = draw.integers(3, size=n), draw.integers(3, size=n), draw.integers(2, size=n)
    log_odds = FIRST[first] + SECOND[second] + (hidden - 0.5) * 2.0 * (policy == "hidden")
    known = expit(1.6 - 0.8 * first - 0.3 * second) if policy == "card" else expit(1.0 - 0.5 * first - 1.5 * hidden)
    names = np.array(["a", "b", "c"])
    table = pd.DataFrame({"first": names[first], "second": names[second], "known": known})
    table["bad"] = (draw.uniform(size=n) < expit(log_odds)).astype(int)
    return table, draw.uniform(size=n) < known


def inferred(table: pd.DataFrame, accepted: np.ndarray, columns: Sequence[str], methods: Sequence[Any]) -> Any:
    """Return the methods side by side, for a card of these columns."""
    card = lk.scorecard(list(columns), table[accepted], target="bad", bins=BINS)
    return lk.scorecard.reject_inference(card, table[accepted], table[~accepted], methods)


def truth(found: Any, bad: np.ndarray) -> np.ndarray:
    """Return the coefficients of the fit to all outcomes, those of rejects among them."""
    return np.asarray(found.applicants.refitted(bad.astype(np.float64)).coef)


def of_populations(n: int) -> tuple[str, str]:
    """Return errors of the bad rate and slopes against the truth, in the two populations, with what they are."""
    rows: dict[str, list[str]] = {}
    about = []
    for policy, name in POLICIES.items():
        table, accepted = population(n, 1, policy)
        found = inferred(table, accepted, ("first", "second"), METHODS)
        bad = table["bad"].to_numpy()
        error, true = found.against(bad[~accepted])["error"], truth(found, bad[~accepted])
        for one in found.inferred[:-2]:  # without all good and all bad
            ratio = one.coef[1:] / true[1:]
            rows.setdefault(one.method, []).extend(
                [f"{100 * error[one.method]:.1f}", ", ".join(f"{each:.2f}" for each in ratio)]
            )
        about.append(
            f"{name} {100 * accepted.mean():.0f} % are accepted, and {100 * bad[accepted].mean():.1f} % of accepts and "
            f"{100 * bad[~accepted].mean():.1f} % of rejects are bad"
        )
    head = ["method", *(word for name in POLICIES.values() for word in (f"error, {name}", "slopes"))]
    return table_text(head, [[method, *cells] for method, cells in rows.items()]), "; ".join(about)


def of_samples(n: int, samples: int) -> str:
    """Return how often intervals of level 0.95 have the slopes that a method gives for the whole population.

    Weights of evidence are those of the population. The errors of a method are beside those of a fit that takes the
    rows for observed.
    """
    methods = [*METHODS[:4], Parcelling(bands=3), Parcelling(bands=3, resamples=100)]
    table, accepted = population(200_000, 1, "card")
    whole = inferred(table, accepted, ("first", "second"), METHODS[:3]).applicants
    targets = [method.infer(whole) for method in methods[:-1]]
    targets.append(targets[-1])
    draw, size = np.random.default_rng(2), whole.accepts.shape[0]
    inside = np.zeros((len(methods), 2, 2))
    for _ in range(samples):
        some = np.sort(draw.choice(len(table), n, replace=False))
        own, others = some[some < size], some[some >= size] - size
        part = replace(
            whole,
            accepts=whole.accepts[own],
            rejects=whole.rejects[others],
            bad=whole.bad[own],
            accept_weights=np.ones(own.size),
            reject_weights=np.ones(others.size),
            codes={name: codes[some] for name, codes in whole.codes.items()},
            accept_probability={name: chance[some] for name, chance in whole.accept_probability.items()},
        )
        for number, (method, target) in enumerate(zip(methods, targets, strict=True)):
            one = method.infer(part)
            for kind, errors in enumerate((one.std_error, one.naive_error)):
                inside[number, kind] += np.abs(one.coef - target.coef)[1:] <= 1.959964 * errors[1:]
    labels = [target.method for target in targets]
    labels[-2:] = [f"{labels[-1]}{words}" for words in ("", ", resamples")]
    rows = [
        [label, *(", ".join(f"{each:.1f}" for each in kind) for kind in share)]
        for label, share in zip(labels, 100 * inside / samples, strict=True)
    ]
    return table_text(["method", "errors in two steps", "taking rows for observed"], rows)


def of_ranges(found: Any) -> str:
    """Return how far the Gini coefficient and a slope go from the worst case to the best."""
    gini = found.bounds().loc["Gini of all"].map("{:.3f}".format)
    name, slopes = found.scorecard.card.names[0], []
    for within in (True, "between"):
        ends = found.coefficients(bounds=within).loc[("none", name)]
        slopes.append(f"{ends['least']:.2f} to {ends['largest']:.2f}")
    return (
        f"the Gini coefficient of all is {gini['least_possible']} to {gini['largest_possible']} over all outcomes and "
        f"{gini['least_thought']} to {gini['largest_thought']} between the cases; the slope of {name}, "
        f"{ends['estimate']:.2f} in the card of accepts, was found from {slopes[0]} over all outcomes and from "
        f"{slopes[1]} between the cases"
    )


def of_loans(n: int) -> tuple[str, str, str]:
    """Return errors of the bad rate of loans that a lender refuses by what the card has and by the bank; and ranges."""
    loans = lk.datasets.load_sba_window()
    loans = loans.sample(min(n, len(loans)), random_state=1) if n else loans
    limit = loans["disbursement_date"] + pd.DateOffset(months=24)
    loans = loans.assign(bad=(loans["charge_off_date"] <= limit).astype(int))
    rows: dict[str, list[str]] = {}
    about, ranges = [], ""
    for columns, name in ((CARD, "by what the card has"), (("bank",), "by the bank")):
        card = lk.scorecard(list(columns), loans, target="bad", bins=BINS)
        log_odds = card.score(loans)["log_odds"].to_numpy()
        known = 0.05 + 0.9 * expit(0.3 - (log_odds - log_odds.mean()) / log_odds.std())
        table = loans.assign(known=known)
        accepted = np.random.default_rng(1).uniform(size=len(table)) < known
        bad = table["bad"].to_numpy()
        found = inferred(table, accepted, CARD, METHODS)
        error = found.against(bad[~accepted])["error"]
        for method in found.methods[:-2]:
            rows.setdefault(method, []).append(f"{100 * error[method]:.2f}")
        cut = next(dict(one.facts)["cut-off"] for one in found.inferred if one.method == "extrapolation")
        fixed = Reclassification(cutoff=cut).infer(found.applicants).rates.mean() - bad[~accepted].mean()
        rows.setdefault("reclassification, the first cut-off kept", []).append(f"{100 * fixed:.2f}")
        ranges = ranges or of_ranges(found)
        about.append(
            f"{name} it accepts {100 * accepted.mean():.0f} %, and {100 * bad[accepted].mean():.2f} % of these and "
            f"{100 * bad[~accepted].mean():.2f} % of the others are bad"
        )
    head = ["method", "error, by what the card has", "error, by the bank"]
    return table_text(head, [[method, *cells] for method, cells in rows.items()]), "; ".join(about), ranges


def section(n: int, size: int, samples: int, loans: int) -> str:
    """Return the section of the page."""
    simulated, about = of_populations(n)
    of_bank, about_loans, ranges = of_loans(loans)
    parts = {
        "simulated": simulated,
        "coverage": of_samples(size, samples),
        "of_bank": of_bank,
        "about": about,
        "ranges": ranges,
        "about_loans": about_loans,
        "n": f"{n:,}",
        "samples": samples,
        "size": f"{size:,}",
        "loans": f"{loans or 507_571:,}",
        "variables": len(CARD),
    }
    text = [part.format(**parts) for part in PARTS.split("\n\n")]
    wrapped = [part if part.startswith("|") else fill(part, 128, break_on_hyphens=False) for part in text]
    return SECTION + "\n" + "\n\n".join(wrapped) + "\n"


def main() -> None:
    """Print the section, and write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, help="the page whose section is written")
    parser.add_argument("--applicants", type=int, default=400_000)
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--size", type=int, default=3_000)
    parser.add_argument("--loans", type=int, default=100_000, help="loans that are drawn; 0: all 507,571")
    given = parser.parse_args()
    text = section(given.applicants, given.size, given.samples, given.loans)
    print(text)
    if given.page:
        page = given.page.read_text(encoding="utf-8")
        start = page.index(SECTION)
        end = page.index("\n## ", start) + 1
        given.page.write_text(page[:start] + text + "\n" + page[end:], encoding="utf-8")


if __name__ == "__main__":
    main()
