"""The text of ``help(fit)``: the verbs of a fit by task, on one page."""

from __future__ import annotations

import textwrap
from typing import Any, TypeVar

__all__ = ["VERBS_BY_TASK", "verbs_in_help"]

C = TypeVar("C", bound=type)

VERBS_BY_TASK = {
    "The table": "summary tidy glance describe equation labelled",
    "Tests of terms, coefficients, models": (
        "anova drop1 add1 test lr_test score_test equivalence rao_scott_test score_bootstrap"
    ),
    "Intervals and standard errors": "confint profile odds_ratios robust bootstrap jackknife",
    "Effects on probabilities, means, doses": "effects contrast average_predictions means inverse",
    "Predictions": "predict predictions predict_logit predict_link augment on",
    "Rows: residuals and influence": (
        "residuals simulated_residuals influence outcome_influence dfbetas leave_out fragility"
    ),
    "Does the model fit?": (
        "goodness_of_fit hosmer_lemeshow link_test box_tidwell calibration_belt dispersion_test collinearity pseudo_r2"
    ),
    "Does it tell outcomes apart?": (
        "discrimination roc_test partial_auc precision_recall concordance gains classification classification_table "
        "thresholds"
    ),
    "Are its probabilities right, and of use?": "calibration reliability decision_curve reclassification",
    "On other rows, and later": "validate recalibrate update",
    "Does the estimate exist?": "converged status separation remedies aliased absorbed bias_correction",
    "Of a penalty": "penalty certificate",
    "Output": "plot report save",
    "Numbers": (
        "coef coef_table std_error vcov n_obs n_params dof_residual loglik deviance null_deviance aic aicc bic "
        "r_squared dispersion outcomes reference formula model conventions trace"
    ),
}
OPENING = """The verbs of a fit by task. Each has help of its own, with an example:
help(fit.anova). Verbs that look at rows take others by data=, or all at
once by fit.on(rows). With examples: docs/reference/fit.md."""


class _Help:
    """The documentation of a class, and of its instances their verbs by task."""

    def __init__(self, text: str, own: str) -> None:
        self._text, self._own = text, own

    def __get__(self, instance: Any, owner: type | None = None) -> str:
        return self._text if instance is None else _page(self._own)


def verbs_in_help(kind: C) -> C:
    r"""Let ``help(fit)`` show the verbs by task; ``help`` of the class keeps its docstring and all signatures.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> print("\n".join(fit.__doc__.splitlines()[4:8]))
    The table
        summary, tidy, glance, describe, equation, labelled
    Tests of terms, coefficients, models
        anova, drop1, add1, test, lr_test, score_test, equivalence,
    """
    own = ", ".join(name for name in vars(kind) if not name.startswith("_") and name not in _known())
    kind.__doc__ = _Help(kind.__doc__ or "", own)  # type: ignore[assignment]  # which answers with text
    return kind


def _known() -> set[str]:
    return {name for names in VERBS_BY_TASK.values() for name in names.split()}


def _page(own: str) -> str:
    tasks = {task: ", ".join(names.split()) for task, names in VERBS_BY_TASK.items()}
    tasks |= {"Of this model": own} if own else {}
    lines = [OPENING, ""]
    for task, names in tasks.items():
        lines += [task, textwrap.fill(names, 72, initial_indent="    ", subsequent_indent="    ")]
    return "\n".join(lines)
