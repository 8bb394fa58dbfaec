"""Description of a log of recommendations."""

from __future__ import annotations

from logitkit.datasets.description import DatasetDescription

__all__ = ["OPEN_BANDIT"]

OPEN_BANDIT = DatasetDescription(
    name="open_bandit",
    title="20,000 recommendations in a fashion shop with the probability of each choice, under two policies",
    file="open_bandit.parquet",
    n_rows=20_000,
    source=(
        "Open Bandit Dataset of ZOZO: the small log of campaign all, policies random and bts, that the Python package "
        "obp 0.4.1 carries"
    ),
    licence="CC BY 4.0",
    citation=(
        "Saito, Y., Aihara, S., Matsutani, M. and Narita, Y. (2021). Open Bandit Dataset and Pipeline: Towards "
        "Realistic and Reproducible Off-Policy Evaluation. NeurIPS Datasets and Benchmarks; arXiv:2008.07146"
    ),
    target="click",
    leaks=(),
    notes=(
        "80 clicks in all: 38 of 10,000 rows under the random policy, 42 of 10,000 under bts.",
        "The random policy chooses each of 80 items with probability 0.0125; under bts it is 0.000045 and more.",
        "Up to three rows are shown at once (positions 1 to 3); the source does not say which rows were.",
        "bts is Bernoulli Thompson sampling; propensities were found by simulating it, and are rounded.",
        "No missing values; 10,000 of each policy are the beginning of logs of millions.",
    ),
    columns={
        "policy": "random (uniform over items) or bts (Bernoulli Thompson sampling)",
        "timestamp": "when it was shown, UTC, 24 to 30 November 2019",
        "item_id": "the item that was shown, 0 to 79",
        "position": "where on the page, 1 left, 2 centre, 3 right",
        "click": "1 it was clicked, 0 it was not",
        "propensity": "probability with which the policy chose this item for this position",
        **{f"user_feature_{j}": "a feature of the user, hashed by the source" for j in range(4)},
        **{f"affinity_{j}": "earlier clicks of the user on the item of this number" for j in range(80)},
    },
)
