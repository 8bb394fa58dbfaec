"""Work of ``logitkit.logits`` beside peers, in one run: best of five, seconds, and how many times the peer takes.

    python benchmarks/logits.py [--quick] [NAME ...]

torch is timed where it is installed, on as many threads as logitkit takes; a line says so where it is not.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from scipy.special import logsumexp

import logitkit as lk

REPEATS = 5
TORCH = importlib.util.find_spec("torch") is not None
Call = Callable[[], object]
Work = tuple[str, dict[str, Call]]


def best(call: Call) -> float:
    """Return the best of some times, after one that may compile."""
    call()
    seconds = []
    for _ in range(REPEATS):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return min(seconds)


def torch_cross_entropy(z: Any, y: Any) -> Call:
    """Return torch's softmax cross-entropy with its gradient."""
    import torch

    torch.set_num_threads(lk.get_threads())
    logits, codes = torch.from_numpy(z).requires_grad_(), torch.from_numpy(y)

    def call() -> object:
        logits.grad = None
        torch.nn.functional.cross_entropy(logits, codes).backward()
        return logits.grad

    return call


def torch_log_sum_exp(z: Any) -> Call:
    """Return torch's log-sum-exp of rows."""
    import torch

    torch.set_num_threads(lk.get_threads())
    logits = torch.from_numpy(z)
    return lambda: torch.logsumexp(logits, dim=1)


def losses(n: int) -> list[Work]:
    """Return the softmax cross-entropy with its gradient, and the log-sum-exp, of n rows of 10 logits."""
    works: list[Work] = []
    for kind in (np.float32, np.float64):
        rng = np.random.default_rng(1)
        z, y = rng.normal(0.0, 3.0, (n, 10)).astype(kind), rng.integers(0, 10, n)
        loss = lk.logits.CategoricalLoss()
        peers: dict[str, Call] = {"logitkit": lambda z=z, y=y: loss.value_and_gradient(z, y)}  # type: ignore[misc]
        if TORCH:
            peers["torch"] = torch_cross_entropy(z, y)
        works.append((f"cross-entropy with gradient, {kind.__name__}", peers))
        peers = {"logitkit": lambda z=z: lk.logits.logsumexp(z), "scipy": lambda z=z: logsumexp(z, axis=1)}  # type: ignore[misc]
        if TORCH:
            peers["torch"] = torch_log_sum_exp(z)
        works.append((f"log-sum-exp, {kind.__name__}", peers))
    return works


#: Name of a part, and what makes its works of a number of rows.
PARTS: dict[str, Callable[[int], list[Work]]] = {"losses": losses}


def main() -> None:
    given = [word for word in sys.argv[1:] if not word.startswith("--")]
    n = 50_000 if "--quick" in sys.argv[1:] else 1_000_000
    if not TORCH:
        print("torch is not installed: its columns are left out.")
    for name, part in PARTS.items():
        if given and name not in given:
            continue
        for title, peers in part(n):
            seconds = {who: best(call) for who, call in peers.items()}
            ours = seconds.pop("logitkit")
            beside = "".join(f"   {who} {each:.4f} s ({each / ours:.1f} times)" for who, each in seconds.items())
            print(f"{title:<52} logitkit {ours:.4f} s{beside}", flush=True)


if __name__ == "__main__":
    main()
