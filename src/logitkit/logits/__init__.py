"""Logits of models of any origin: bare arrays in, arrays or small frozen results out."""

from logitkit.logits.decoding.sampler import Sampler
from logitkit.logits.detection.suppression import non_maximum_suppression
from logitkit.logits.detection.yolo import Detections, decode_yolo
from logitkit.logits.functions import (
    entropy,
    kl_divergence,
    log1mexp,
    log_sigmoid,
    log_softmax,
    logsumexp,
    sigmoid,
    softmax,
    softplus,
)
from logitkit.logits.losses.binary import BinaryLoss
from logitkit.logits.losses.categorical import CategoricalLoss
from logitkit.logits.losses.ranking import RankingLoss
from logitkit.logits.off_policy.reward_model import RewardModel
from logitkit.logits.off_policy.value import OffPolicyValue, off_policy_value
from logitkit.logits.pools.fitting import linear_pool, log_pool
from logitkit.logits.pools.pool import Pool
from logitkit.logits.ranking.mean import RankingMeasure
from logitkit.logits.ranking.measures import ndcg, recall_at, reciprocal_rank
from logitkit.logits.recalibration.closed_test import ClosedTest, Refit, closed_test
from logitkit.logits.recalibration.fitting import recalibrate
from logitkit.logits.recalibration.recalibrator import Recalibrator

__all__ = [
    "BinaryLoss",
    "CategoricalLoss",
    "ClosedTest",
    "Detections",
    "OffPolicyValue",
    "Pool",
    "RankingLoss",
    "RankingMeasure",
    "Recalibrator",
    "Refit",
    "RewardModel",
    "Sampler",
    "closed_test",
    "decode_yolo",
    "entropy",
    "kl_divergence",
    "linear_pool",
    "log1mexp",
    "log_pool",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "ndcg",
    "non_maximum_suppression",
    "off_policy_value",
    "recalibrate",
    "recall_at",
    "reciprocal_rank",
    "sigmoid",
    "softmax",
    "softplus",
]
