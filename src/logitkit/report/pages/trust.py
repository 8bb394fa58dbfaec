"""Whether a fit can be trusted: one finding per question, each with the rule that it applied and what to do.

References
----------
Peduzzi, P., Concato, J., Kemper, E., Holford, T. R. and Feinstein, A. R. (1996) A simulation study of the number of
events per variable in logistic regression analysis. Journal of Clinical Epidemiology 49, 1373-1379.
Fox, J. and Monette, G. (1992) Generalized collinearity diagnostics. Journal of the American Statistical Association 87,
178-183.
Cook, R. D. and Weisberg, S. (1982) Residuals and Influence in Regression, section 3.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np

from logitkit.engine.solvers.solver import Status
from logitkit.errors import LogitkitError
from logitkit.report.cautions import FEW_CLUSTERS, MANY_COLUMNS, NOTHING_TO_JUDGE
from logitkit.report.document import Block, Column, Prose, Table
from logitkit.report.findings.misfit import few_patterns, is_small_misfit, many_new_rows
from logitkit.report.number_format import format_integer, format_interval, format_number, format_p, format_percent
from logitkit.report.pages.judged import Judged
from logitkit.report.wording import counted, is_calibrated, name_list

__all__ = ["Verdict", "next_section", "trust_section", "verdicts"]

EVENTS_FEW = 10.0  # per coefficient (Peduzzi et al. 1996)
INFLATED = np.sqrt(10.0)  # factor on a standard error, a variance inflation of 10
DISTANT = 1.0  # Cook's distance: about the median of F, the edge of the joint 50% region (Cook and Weisberg 1982)
MISSING_MANY = 0.05  # of the rows
REJECTED = 0.05


class Verdict(NamedTuple):
    """The answer to one question about a fit.

    Parameters
    ----------
    question : str
        What is asked.
    answer : {'yes', 'look', 'no', 'not judged'}
        Whether the fit meets the rule; 'look' where a reader has to decide.
    found : str
        The figure that decided.
    rule : str
        The rule that was applied.
    then : str
        What to do where the rule is not met.
    """

    question: str
    answer: Literal["yes", "look", "no", "not judged"]
    found: str
    rule: str
    then: str = ""


def verdicts(made: Judged) -> tuple[Verdict, ...]:
    """Return the findings on a fit and rows, those that speak against it first.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> [(found.question, found.answer) for found in verdicts(Judged(fit.record, fit.design))][:2]
    [('Is calibration on new rows right?', 'not judged'), ('Did the fit converge?', 'yes')]
    """
    found = [verdict for ask in QUESTIONS for verdict in ask(made)]
    order = ("no", "look", "not judged", "yes")
    return tuple(sorted(found, key=lambda verdict: order.index(verdict.answer)))


def trust_section(made: Judged) -> Iterator[Block]:
    """Yield the findings as a table, those that speak against the fit first."""
    every = verdicts(made)
    against = [verdict for verdict in every if verdict.answer in ("no", "look")]
    if against:
        text = (
            f"{counted(len(against), 'finding')} of {len(every)} {'asks' if len(against) == 1 else 'ask'} for a look."
        )
    else:
        text = "No rule below speaks against the fit; what is not judged here needs other rows."
    heads = (Column("Question", "left"), Column("Answer", "left"), Column("Found", "left"), Column("Rule", "left"))
    rows = tuple((verdict.question, verdict.answer, verdict.found, verdict.rule) for verdict in every)
    yield Prose(text)
    yield Table("Findings, each with the rule that it applied", heads, rows)


def _converged(made: Judged) -> Iterator[Verdict]:
    record = made.record
    ok = record.status in (Status.CONVERGED, Status.SEPARATED)
    yield Verdict(
        "Did the fit converge?",
        "yes" if ok else "no",
        f"{record.status.value}, {counted(len(record.trace), 'iteration')}",
        "The solver met its stopping rule.",
        "Do not use the numbers: scale the columns, drop those that are nearly collinear, or allow more iterations.",
    )


def _finite(made: Judged) -> Iterator[Verdict]:
    record = made.record
    if record.is_penalised:
        return
    infinite = [name for name, value in zip(record.names, record.coef, strict=True) if np.isinf(value)]
    yield Verdict(
        "Are the estimates finite?",
        "no" if record.is_separated else "yes",
        f"infinite: {name_list(infinite)}" if infinite else ("separated" if record.is_separated else "all are"),
        "No combination of the columns separates the outcomes.",
        "Reduce the bias (a Jeffreys penalty has finite estimates), use fewer columns, or collect more rows.",
    )


def _enough(made: Judged) -> Iterator[Verdict]:
    record, response = made.record, made.record.info.response
    slopes = record.n_params - record.n_intercepts
    if record.is_penalised or record.family.words.quasi or slopes < 1:
        return
    if response.weights is not None and response.weight_kind != "frequency":
        return  # the totals are no counts
    fewest = float(min(total for total in record.totals if total > 0.0))
    per, crowded = fewest / slopes, slopes / float(record.n_trials)
    rule = (
        f"At least {EVENTS_FEW:.0f} observations of the rarest outcome per coefficient (Peduzzi et al. 1996), and at "
        f"most {format_percent(MANY_COLUMNS, 0)} as many coefficients as observations (Sur and Candes 2019)."
    )
    yield Verdict(
        "Are there enough observations?",
        "yes" if per >= EVENTS_FEW and crowded <= MANY_COLUMNS else "look",
        f"{format_number(per)} per coefficient; {counted(slopes, 'coefficient')} for {format_integer(record.n_trials)}",
        rule,
        "Use fewer columns or a penalty: with so few observations estimates are too far from zero.",
    )


def _complete(made: Judged) -> Iterator[Verdict]:
    counts = made.record.counts
    if counts.given == 0:
        return
    share = counts.missing / counts.given
    yield Verdict(
        "Are the rows complete?",
        "yes" if share <= MISSING_MANY else "look",
        f"{format_percent(share)} dropped for missing values",
        f"At most {format_percent(MISSING_MANY, 0)} of the rows are dropped.",
        "Ask why values are missing; unless by chance alone, impute them several times and pool the fits.",
    )


def _distinct(made: Judged) -> Iterator[Verdict]:
    result = made.collinearity
    if isinstance(result, LogitkitError) or len(result.terms) < 2:
        return
    worst = int(np.nanargmax(result.gvif_scaled))
    size = float(result.gvif_scaled[worst])
    near = made.conditioning.columns
    yield Verdict(
        "Can the terms be told apart?",
        "yes" if size <= INFLATED and not near else "look",
        f"{result.terms[worst]}: standard error {format_number(size)} times as large",
        f"GVIF^(1/(2 df)) is at most {INFLATED:.1f}, a variance inflation of 10 (Fox and Monette 1992).",
        "Do not read the coefficients of such terms one by one; combine the terms or drop one.",
    )


def _clusters(made: Judged) -> Iterator[Verdict]:
    clusters = made.record.covariance.n_clusters
    if clusters is None:
        return
    yield Verdict(
        "Are there enough clusters?",
        "yes" if clusters >= FEW_CLUSTERS else "look",
        counted(clusters, "cluster"),
        f"At least {FEW_CLUSTERS} (Cameron and Miller 2015).",
        "Use t distributions and errors that correct for few clusters.",
    )


def _parallel(made: Judged) -> Iterator[Verdict]:
    result = made.parallel
    if result is None or isinstance(result, LogitkitError):
        return
    p = float(result.p_value[0])
    yield Verdict(
        "Is one coefficient per term enough for all thresholds?",
        "yes" if not p < REJECTED else "look",
        f"{result.labels[0]}: p {format_p(p)}",
        "The score test of common coefficients has p of at least 0.05.",
        "Give the terms with small p-values one coefficient per threshold, and compare the predictions.",
    )


def _fitting(made: Judged) -> Iterator[Verdict]:
    question, rule = (
        "Do predicted rates agree with observed ones?",
        (
            "The Hosmer-Lemeshow test has p of at least 0.05; where more than 1,000 observations reject, no group is "
            "off by more than a point and a tenth of its rate."
        ),
    )
    then = "Look at the calibration plot; let numbers enter as curves (splines), or add interactions."
    if made.record.is_penalised or made.record.family.words.quasi:
        return
    test = made.hosmer_lemeshow
    if made.perfect or isinstance(test, LogitkitError):
        yield Verdict(question, "not judged", NOTHING_TO_JUDGE if made.perfect else str(test), rule)
        return
    found = f"chi-square {format_number(test.statistic)} with {test.dof} df, p {format_p(test.p_value)}"
    if few_patterns(test) or many_new_rows(test):
        found += "; the reference distribution does not hold here"
        yield Verdict(question, "not judged", found, rule)
        return
    small = test.p_value >= REJECTED or is_small_misfit(test)
    yield Verdict(question, "yes" if small else "look", found, rule, then)


def _discriminates(made: Judged) -> Iterator[Verdict]:
    result = made.discrimination
    if made.perfect or made.record.family.words.quasi or isinstance(result, LogitkitError) or not result.of_event:
        return
    curve = result.curve
    if np.isnan(curve.low):
        return
    which = "apparent area" if result.in_sample else "area"
    yield Verdict(
        "Does the model tell events from non-events?",
        "yes" if curve.low > 0.5 else "look",
        f"{which} {format_number(curve.auc)} {format_interval(float(curve.low), float(curve.high))}",
        "The interval of the area under the ROC curve lies above 0.5.",
        "The predictions order the rows no better than chance: do not use them to choose among rows.",
    )


def _calibrated(made: Judged) -> Iterator[Verdict]:
    result = made.calibration
    if made.record.family.words.quasi or isinstance(result, LogitkitError):
        return
    question, rule = (
        "Is calibration on new rows right?",
        (
            "On rows that the fit has not seen, calibration intercept and slope are within two standard errors of 0 "
            "and 1."
        ),
    )
    if result.in_sample:
        yield Verdict(question, "not judged", "these are the rows of the fit", rule)
        return
    intercept, slope = np.atleast_1d(result.intercept), np.atleast_1d(result.slope)
    if np.isnan(intercept).any() or np.isnan(slope).any():
        yield Verdict(question, "not judged", "no finite intercept and slope", rule)
        return
    off = np.abs(intercept) > 2.0 * np.atleast_1d(result.intercept_std_error)
    off = off.any() or (np.abs(slope - 1.0) > 2.0 * np.atleast_1d(result.slope_std_error)).any()
    off = bool(off) and not is_calibrated(result.intercept, result.slope)
    shown = [", ".join(format_number(float(each)) for each in values) for values in (intercept, slope)]
    yield Verdict(
        question,
        "look" if off else "yes",
        f"intercept {shown[0]}; slope {shown[1]}",
        rule,
        "Recalibrate the predictions (intercept, or intercept and slope) before they are used on such rows.",
    )


def _influenced(made: Judged) -> Iterator[Verdict]:
    result = made.influence
    if result is None or isinstance(result, LogitkitError) or not np.isfinite(result.cooks_distance).any():
        return
    distance = result.cooks_distance
    many = int((np.nan_to_num(distance) > DISTANT).sum())
    yield Verdict(
        "Do the answers rest on many rows?",
        "yes" if many == 0 else "look",
        f"largest Cook's distance {format_number(float(np.nanmax(distance)))}",
        "No row has a Cook's distance above 1, at which it alone moves the coefficients to the edge of their joint 50% "
        "region (Cook and Weisberg 1982).",
        f"Check the {counted(many, 'row')} listed under influential rows, and whether the answer stands without.",
    )


QUESTIONS: tuple[Callable[[Judged], Iterator[Verdict]], ...] = (
    _converged,
    _finite,
    _enough,
    _complete,
    _distinct,
    _clusters,
    _parallel,
    _fitting,
    _discriminates,
    _calibrated,
    _influenced,
)


def next_section(made: Judged, *, validated: bool = False) -> Iterator[Block]:
    """Yield what to do next: what each finding asks for, and what no report on its own rows can say."""
    steps = [f"{verdict.question} {verdict.then}" for verdict in verdicts(made) if verdict.answer in ("no", "look")]
    if made.own and not validated:
        steps.append(
            "Before it is used: validate the model. Everything on this page was computed on the rows of the fit; "
            "resampling shows how much of it is optimism, and other rows show whether it travels."
        )
    if not made.own:
        steps.append("Compare these rows with those of the fit: another mix of rows alone changes areas and rates.")
    steps.append(
        "Associations are no effects: what a change of a variable would do follows only where its causes are in the "
        "model, or where it was randomised."
    )
    yield Prose("\n\n".join(steps))
