"""Values of policies with their intervals, and the rewards of rounds in which one was learnt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.off_policy.softmax_policy import SoftmaxPolicy
from logitkit.logits.off_policy.value import OffPolicyValue
from logitkit.plots.interval_rows import plot_interval_rows
from logitkit.plots.labels import add_note
from logitkit.plots.style import GUIDE, PRIMARY, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["METHODS", "plot_off_policy", "plot_rewards"]

METHODS = {"ips": "IPS", "snips": "SNIPS", "dr": "Doubly robust"}
WINDOWS = 20  # of the rounds: a moving mean is over one of so many parts


def plot_off_policy(found: Sequence[OffPolicyValue], ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw one row per estimate, with the mean logged reward as a line."""
    for each in found:
        if not isinstance(each, OffPolicyValue):
            raise DataError(f"beside= holds {each!r:.40}: give results of off_policy_value.")
        if each.level != found[0].level:
            raise DataError(f"Intervals have the levels {found[0].level:g} and {each.level:g}: one figure has one.")
    names = [METHODS[each.method] for each in found]
    if len(set(names)) < len(names):
        names = [f"{j + 1}: {name}" for j, name in enumerate(names)]
    estimate, low, high = (
        np.array([getattr(each, name) for each in found]) for name in ("value", "conf_low", "conf_high")
    )
    return plot_interval_rows(
        names,
        (estimate, low, high),
        ax,
        x=f"Mean reward of a row, {level_text(found[0].level)} intervals",
        title=title,
        note=f"Line: mean reward under the policy that logged, {found[0].logged_value:.4g}.",
        line=found[0].logged_value,
    )


def plot_rewards(policy: SoftmaxPolicy, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the mean reward of each round and its moving average."""
    rewards = policy.rewards
    if rewards.size == 0:
        raise UnsupportedError("This policy was not learnt by reinforce: it has no rewards of rounds to draw.")
    ax = new_axes(ax)
    size = max(rewards.size // WINDOWS, 1)
    sums = np.cumsum(np.append(0.0, rewards))
    ax.plot(np.arange(1, rewards.size + 1), rewards, color=GUIDE, linewidth=0.8, zorder=1)
    ax.plot(np.arange(size, rewards.size + 1), (sums[size:] - sums[:-size]) / size, color=PRIMARY, linewidth=1.8)
    add_note(ax, f"Grey: single rounds. Blue: mean of the last {size} rounds.")
    dress(ax, x="Round", y="Mean reward", title=title)
    return ax
