"""
How fast does a policy learn?
=============================

The mean reward in each round of a softmax policy that learns from its own choices.
"""

import numpy as np

import logitkit as lk

bandit = lk.logits.SimulatedBandit(np.array([[0.0, -2.0], [-2.0, 4.0], [-1.0, 0.0]]))  # log odds by action and feature
features = np.column_stack([np.ones(200), np.arange(200) % 2])
lk.logits.reinforce(bandit, features, n_actions=3, rounds=200, rate=2.0, seed=1).plot()
