"""Logits of models of any origin: bare arrays in, arrays or small frozen results out."""

from importlib import import_module
from typing import Any

from logitkit.logits.calibration_errors.error import CalibrationErrors
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
from logitkit.logits.off_policy.softmax_policy import Logged, SimulatedBandit, SoftmaxPolicy, reinforce
from logitkit.logits.off_policy.value import OffPolicyValue, off_policy_value
from logitkit.logits.pools.fitting import linear_pool, log_pool
from logitkit.logits.pools.pool import Pool
from logitkit.logits.ranking.mean import RankingMeasure
from logitkit.logits.ranking.measures import ndcg, recall_at, reciprocal_rank
from logitkit.logits.recalibration.closed_test import ClosedTest, Refit
from logitkit.logits.recalibration.recalibrator import Recalibrator

__all__ = [
    "BinaryLoss",
    "CalibrationErrors",
    "CategoricalLoss",
    "ClosedTest",
    "Detections",
    "Logged",
    "OffPolicyValue",
    "Pool",
    "RankingLoss",
    "RankingMeasure",
    "Recalibrator",
    "Refit",
    "RewardModel",
    "Sampler",
    "SimulatedBandit",
    "SoftmaxPolicy",
    "calibration_error",
    "closed_test",
    "conformal",
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
    "prior_shift",
    "recalibrate",
    "recall_at",
    "reciprocal_rank",
    "reinforce",
    "reliability",
    "risk_coverage",
    "sigmoid",
    "softmax",
    "softplus",
]

#: Functions of higher rooms, whose results print and draw themselves: found when they are first asked for.
SHOWN = {
    "calibration_error": "logitkit.api.logits.calibration_errors",
    "closed_test": "logitkit.api.logits.recalibrating",
    "conformal": "logitkit.api.logits.conformal",
    "prior_shift": "logitkit.api.logits.prior_shift",
    "recalibrate": "logitkit.api.logits.recalibrating",
    "reliability": "logitkit.api.logits.calibration_errors",
    "risk_coverage": "logitkit.api.logits.selective",
}


def __getattr__(name: str) -> Any:
    """Return a function whose results show themselves."""
    if name not in SHOWN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(SHOWN[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
