"""Functions of logits from any model: they take arrays and return arrays or small frozen results."""

from importlib import import_module
from typing import Any

#: Public names, and the module of each, which is imported when the name is first asked for.
WHERE = {
    "BinaryLoss": "logits.losses.binary",
    "CalibrationErrors": "logits.calibration_errors.error",
    "CategoricalLoss": "logits.losses.categorical",
    "ClosedTest": "logits.recalibration.closed_test",
    "ConformalSets": "results.logits.prediction_sets",
    "Detections": "results.logits.detections",
    "Logged": "logits.off_policy.softmax_policy",
    "OffPolicyValue": "results.logits.off_policy",
    "Pool": "results.logits.pools",
    "RankingLoss": "logits.losses.ranking",
    "RankingMeasure": "results.logits.ranking",
    "Recalibrator": "logits.recalibration.recalibrator",
    "Refit": "logits.recalibration.closed_test",
    "RewardModel": "logits.off_policy.reward_model",
    "Sampler": "logits.decoding.sampler",
    "ShiftedPriors": "results.logits.prior_shift",
    "SimulatedBandit": "logits.off_policy.softmax_policy",
    "SoftmaxPolicy": "results.logits.off_policy",
    "calibration_error": "api.logits.calibration_errors",
    "closed_test": "api.logits.recalibrating",
    "conformal": "api.logits.conformal",
    "decode_yolo": "api.logits.detection",
    "entropy": "logits.functions",
    "kl_divergence": "logits.functions",
    "linear_pool": "api.logits.pools",
    "log1mexp": "logits.functions",
    "log_pool": "api.logits.pools",
    "log_sigmoid": "logits.functions",
    "log_softmax": "logits.functions",
    "logsumexp": "logits.functions",
    "ndcg": "api.logits.ranking",
    "non_maximum_suppression": "logits.detection.suppression",
    "off_policy_value": "api.logits.off_policy",
    "prior_shift": "api.logits.prior_shift",
    "recalibrate": "api.logits.recalibrating",
    "recall_at": "api.logits.ranking",
    "reciprocal_rank": "api.logits.ranking",
    "reinforce": "api.logits.off_policy",
    "reliability": "api.logits.calibration_errors",
    "risk_coverage": "api.logits.selective",
    "sigmoid": "logits.functions",
    "softmax": "logits.functions",
    "softplus": "logits.functions",
    "threshold": "api.logits.thresholds",
}
__all__ = [
    "BinaryLoss",
    "CalibrationErrors",
    "CategoricalLoss",
    "ClosedTest",
    "ConformalSets",
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
    "ShiftedPriors",
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
    "threshold",
]


def __getattr__(name: str) -> Any:
    """Return a public name."""
    if name not in WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"logitkit.{WHERE[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
