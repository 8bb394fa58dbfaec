"""Pools of logits, which show themselves."""

from __future__ import annotations

from logitkit.logits.pools.fitting import linear_pool as _linear_pool
from logitkit.logits.pools.fitting import log_pool as _log_pool
from logitkit.results.logits.pools import Pool
from logitkit.results.shown import showing

__all__ = ["linear_pool", "log_pool"]

linear_pool = showing(_linear_pool, Pool)
log_pool = showing(_log_pool, Pool)
