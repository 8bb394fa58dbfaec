"""Write ``digit_logits.parquet``: what a network of scikit-learn says of handwritten digits that it has not seen.

    python make_digit_logits.py [OUTPUT.parquet]

2,000 of the 5,000 images of ``mnist_5k.parquet``, drawn by a seed, train one hidden layer of 200 units for 60 epochs,
without a penalty and without early stopping. The logits, before the softmax, of the other 3,000 are written in the
order in which they were drawn.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

N_LEARN, SEED = 2_000, 1


def logits_of(images: np.ndarray, labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Train the network, and return the logits of other images."""
    network = MLPClassifier((200,), alpha=0.0, batch_size=100, learning_rate_init=1e-3, max_iter=60, random_state=SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped after 60 epochs on purpose
        network.fit(images, labels)
    hidden = np.maximum(others @ network.coefs_[0] + network.intercepts_[0], 0.0)
    logits = hidden @ network.coefs_[1] + network.intercepts_[1]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    if not np.allclose(odds / odds.sum(axis=1, keepdims=True), network.predict_proba(others)):
        raise SystemExit("The softmax of these logits is not what the network says.")
    return logits


def main() -> None:
    """Read the images, train and write."""
    parser = argparse.ArgumentParser(description="Write digit_logits.parquet from mnist_5k.parquet.")
    here = Path(__file__)
    parser.add_argument("output", type=Path, nargs="?", default=here.with_name("digit_logits.parquet"))
    arguments = parser.parse_args()
    table = pq.read_table(here.with_name("mnist_5k.parquet"))
    labels = table["label"].to_numpy()
    images = np.array([np.frombuffer(each, np.uint8) for each in table["pixels"].to_pylist()]) / 255.0
    order = np.random.default_rng(SEED).permutation(len(labels))
    learn, others = order[:N_LEARN], order[N_LEARN:]
    logits = logits_of(images[learn], labels[learn], images[others])
    columns = {"row": pa.array(others, pa.int16()), "label": pa.array(labels[others], pa.int8())}
    columns |= {f"logit_{k}": pa.array(logits[:, k], pa.float32()) for k in range(10)}
    pq.write_table(
        pa.table(columns),
        arguments.output,
        compression="brotli",
        compression_level=11,
        use_dictionary=["label"],
        use_byte_stream_split=[f"logit_{k}" for k in range(10)],
        write_statistics=False,
        store_schema=False,
    )
    print(f"{arguments.output}: {len(others)} rows, {np.mean(logits.argmax(axis=1) != labels[others]):.1%} wrong")


if __name__ == "__main__":
    main()
