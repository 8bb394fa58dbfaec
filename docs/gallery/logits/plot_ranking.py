"""
Is one ranking good, or only on average?
========================================

The distribution of NDCG over queries, with the mean as a line and its interval as a band. A mean of 0.87 can hide
queries that are answered badly.
"""

import numpy as np

import logitkit as lk

rng = np.random.default_rng(3)
query = np.repeat(np.arange(200), 10)
relevance = rng.integers(0, 3, query.size)
scores = relevance + rng.normal(0.0, 1.0, query.size)
lk.logits.ndcg(scores, relevance, query, k=5).plot()
