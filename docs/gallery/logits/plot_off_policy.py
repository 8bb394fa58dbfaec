"""
What would another policy have earned?
======================================

Three estimates of the value of a policy, with their intervals. The line is the value of the policy that wrote the
log.
"""

import numpy as np

import logitkit as lk

rng = np.random.default_rng(3)
kind = rng.integers(0, 2, 4_000)
propensities = np.array([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]])[kind]
action = (rng.random(4_000)[:, None] > np.cumsum(propensities, axis=1)).sum(axis=1)
clicked = rng.random(4_000) < np.array([[0.1, 0.2, 0.5], [0.3, 0.1, 0.2]])[kind, action]
p = propensities[np.arange(4_000), action]
uniform = np.full((4_000, 3), 1 / 3)
model = lk.logits.RewardModel(features=kind[:, None])
ips, snips, dr = (
    lk.logits.off_policy_value(
        clicked,
        p,
        uniform,
        method,
        action=action,
        model=model if method == "dr" else None,
    )
    for method in ("ips", "snips", "dr")
)
ips.plot(beside=[snips, dr])
