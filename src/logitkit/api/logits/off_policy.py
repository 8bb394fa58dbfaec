"""Values of policies and policies that are learnt, which show themselves."""

from __future__ import annotations

from logitkit.logits.off_policy.softmax_policy import reinforce as _reinforce
from logitkit.logits.off_policy.value import off_policy_value as _off_policy_value
from logitkit.results.logits.off_policy import OffPolicyValue, SoftmaxPolicy
from logitkit.results.shown import showing

__all__ = ["off_policy_value", "reinforce"]

off_policy_value = showing(_off_policy_value, OffPolicyValue)
reinforce = showing(_reinforce, SoftmaxPolicy)
