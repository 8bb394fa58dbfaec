"""Values of policies, and learnt policies, with tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import logitkit.report.findings.off_policy  # noqa: F401 - says how these results are shown
from logitkit.logits.off_policy.softmax_policy import SoftmaxPolicy as _SoftmaxPolicy
from logitkit.logits.off_policy.value import OffPolicyValue as _OffPolicyValue
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown

__all__ = ["OffPolicyValue", "SoftmaxPolicy"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class OffPolicyValue(Shown, _OffPolicyValue):
    """The value of a policy, estimated from the log of another policy, with a table and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.logits.off_policy_value(np.tile([1, 0], 50), np.full(100, 0.5), np.tile([0.8, 0.2], 50))
    >>> found.to_frame()["estimate"].tolist()
    [0.8]
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the value as one row.

        Returns
        -------
        pandas.DataFrame
            Columns method, n, effective_size, estimate, std_error, conf_low, conf_high; rows of several results can be
            combined.
        """
        return ResultFrame(
            {
                "method": [self.method],
                "n": [self.n],
                "effective_size": [self.effective_size],
                "estimate": [self.value],
                "std_error": [self.std_error],
                "conf_low": [self.conf_low],
                "conf_high": [self.conf_high],
            }
        )

    def plot(self, ax: Any = None, *, beside: Sequence[_OffPolicyValue] = (), title: str = "") -> Any:
        """Draw the value with its interval, and the mean reward of the log.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        beside : sequence of OffPolicyValue, optional
            Values by other methods or of other policies, from the same log; each adds a row.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot, with one row per estimate.
        """
        from logitkit.plots.off_policy import plot_off_policy

        return plot_off_policy((self, *beside), ax, title=title)


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class SoftmaxPolicy(Shown, _SoftmaxPolicy):
    """A policy whose probabilities are the softmax of linear functions of the features.

    Examples
    --------
    >>> policy = SoftmaxPolicy(np.array([[0.0], [np.log(3.0)]]))
    >>> policy.probabilities([[1.0]]).round(12).tolist()
    [[0.25, 0.75]]
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the coefficients, one row per action.

        Returns
        -------
        pandas.DataFrame
            Column action, then one column per feature, named by its number.
        """
        columns: dict[str, Any] = {"action": np.arange(self.coef.shape[0])}
        return ResultFrame(columns | {f"feature {j}": self.coef[:, j] for j in range(self.coef.shape[1])})

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the mean reward of each learning round, with a moving mean.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot, with two curves.

        Raises
        ------
        UnsupportedError
            If the policy was not learnt by ``reinforce``.
        """
        from logitkit.plots.off_policy import plot_rewards

        return plot_rewards(self, ax, title=title)
