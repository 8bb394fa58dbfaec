"""Measures of ranking, which show themselves."""

from __future__ import annotations

from logitkit.logits.ranking.measures import ndcg as _ndcg
from logitkit.logits.ranking.measures import recall_at as _recall_at
from logitkit.logits.ranking.measures import reciprocal_rank as _reciprocal_rank
from logitkit.results.logits.ranking import RankingMeasure
from logitkit.results.shown import showing

__all__ = ["ndcg", "recall_at", "reciprocal_rank"]

ndcg = showing(_ndcg, RankingMeasure)
recall_at = showing(_recall_at, RankingMeasure)
reciprocal_rank = showing(_reciprocal_rank, RankingMeasure)
