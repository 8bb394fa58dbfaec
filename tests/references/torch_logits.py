"""Write logits/torch.json: functions, losses, samplers, suppression by torch and torchvision, in float32 and float64.

Run in an environment of its own, which the tests never need:

    python -m venv /tmp/te && /tmp/te/bin/pip install torch torchvision --index-url https://download.pytorch.org/whl/cpu
    /tmp/te/bin/python tests/references/torch_logits.py

Every input is a float32, so that both types have the same problem. Samplers are written out as Hugging Face documents
``RepetitionPenaltyLogitsProcessor``, ``TemperatureLogitsWarper``, ``TopKLogitsWarper`` and ``TopPLogitsWarper``, in the
order of ``generate``: the last sorts the row upwards and leaves out what has at most 1 - top_p together.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from torch.nn import functional
from torchvision import ops

WEIGHTS = [0.5, 2.0, 1.0, 0.0, 3.0]  # of classes
SAMPLERS = [  # temperature, top k, top p, repetition penalty
    (0.7, 0, 1.0, 1.0),
    (1.0, 5, 1.0, 1.0),
    (1.0, 0, 0.8, 1.0),
    (1.0, 0, 1.0, 1.3),
    (1.6, 12, 0.6, 1.2),
]
SCALES = (0.1, 1.0, 4.0, 30.0)


def numbers(values: torch.Tensor) -> Any:
    """Return lists whose numbers have the digits of their type."""
    return json.loads(json.dumps(values.detach().tolist())) if values.dtype != torch.float32 else short(values)


def short(values: torch.Tensor) -> Any:
    """Return float32 as the shortest decimals that give it back."""
    found = values.detach().numpy()
    return [short(row) for row in values] if found.ndim > 1 else [float(str(each)) for each in np.atleast_1d(found)]


def functions(z: torch.Tensor, other: torch.Tensor) -> dict[str, Any]:
    """Functions of rows, and of each number."""
    log_p, log_q = torch.log_softmax(z, 1), torch.log_softmax(other, 1)
    return {
        "softmax": numbers(torch.softmax(z, 1)),
        "log_softmax": numbers(log_p),
        "logsumexp": numbers(torch.logsumexp(z, 1)),
        "entropy": numbers(torch.distributions.Categorical(logits=z).entropy()),
        "kl_divergence": numbers(functional.kl_div(log_q, log_p, reduction="none", log_target=True).sum(1)),
        "log_sigmoid": numbers(functional.logsigmoid(z)),
        "softplus": numbers(functional.softplus(z, threshold=1e9)),
    }


def categorical(z: torch.Tensor, y: torch.Tensor, smoothing: float, weights: list[float] | None) -> dict[str, Any]:
    """Rows, torch's mean, and the gradient of the sum over rows, divided by their number."""
    kept = None if weights is None else torch.tensor(weights, dtype=z.dtype)
    logits = z.clone().requires_grad_()
    rows = functional.cross_entropy(logits, y, weight=kept, label_smoothing=smoothing, reduction="none")
    (rows.sum() / len(rows)).backward()
    mean = functional.cross_entropy(z, y, weight=kept, label_smoothing=smoothing)
    return {"rows": numbers(rows), "mean": numbers(mean.reshape(1)), "gradient": numbers(logits.grad)}


def events(z: torch.Tensor, y: torch.Tensor, kind: str) -> dict[str, Any]:
    """Rows and the gradient of their mean: cross-entropy with a weight of events, focal losses."""
    logits = z.clone().requires_grad_()
    if kind == "weighted":
        rows = functional.binary_cross_entropy_with_logits(
            logits, y, pos_weight=torch.tensor(3.0, dtype=z.dtype), reduction="none"
        )
    else:
        alpha, gamma = (-1.0, 2.0) if kind == "focal" else (0.25, 1.5)
        rows = ops.sigmoid_focal_loss(logits, y, alpha=alpha, gamma=gamma)
    rows.mean().backward()
    return {"rows": numbers(rows), "gradient": numbers(logits.grad)}


def sampler(z: torch.Tensor, seen: list[list[int]], options: tuple[float, int, float, float]) -> Any:
    """Probabilities of each outcome."""
    temperature, top_k, top_p, penalty = options
    x = z.clone()
    for i, row in enumerate(seen):
        x[i, row] = torch.where(x[i, row] < 0, x[i, row] * penalty, x[i, row] / penalty)
    x /= temperature
    if top_k > 0:
        x = x.masked_fill(x < torch.topk(x, top_k)[0][..., -1, None], -torch.inf)
    if top_p < 1.0:
        ordered, places = torch.sort(x, descending=False)
        gone = torch.softmax(ordered, 1).cumsum(1) <= 1 - top_p
        gone[..., -1:] = False
        x = x.masked_fill(gone.scatter(1, places, gone), -torch.inf)
    return numbers(torch.softmax(x, 1))


def suppression(boxes: torch.Tensor, scores: torch.Tensor, classes: torch.Tensor) -> dict[str, list[int]]:
    """What is kept at several overlaps, of all boxes and by class."""
    together = {str(at): ops.nms(boxes, scores, at).tolist() for at in (0.0, 0.3, 0.5, 0.7, 1.0)}
    return together | {f"{at} by class": ops.batched_nms(boxes, scores, classes, at).tolist() for at in (0.3, 0.5)}


def main() -> None:
    rng = np.random.default_rng(1)
    z = np.concatenate([rng.normal(0.0, scale, (3, 5)) for scale in SCALES]).astype(np.float32)
    other = rng.normal(0.0, 2.0, z.shape).astype(np.float32)
    y, event = rng.integers(0, 5, len(z)), rng.integers(0, 2, len(z)).astype(np.float32)
    words = np.concatenate([rng.normal(0.0, scale, (2, 24)) for scale in SCALES[:3]]).astype(np.float32)
    seen = [rng.integers(0, 24, 4).tolist() for _ in words]
    corner, size = rng.uniform(0.0, 60.0, (80, 2)), rng.uniform(5.0, 40.0, (80, 2))
    boxes = np.hstack([corner, corner + size]).astype(np.float32)
    boxes[70:75] = boxes[:5]  # copies
    boxes[75:, 2] = boxes[75:, 0]  # without an area
    scores = (rng.integers(0, 60, 80) / 64.0).astype(np.float32)  # with ties
    classes = rng.integers(0, 3, 80)
    body: dict[str, Any] = {
        "header": {
            "reference": "logits/torch",
            "made_by": "tests/references/torch_logits.py",
            "torch": torch.__version__.partition("+")[0],
            "torchvision": torchvision.__version__.partition("+")[0],
        },
        "z": short(torch.from_numpy(z)),
        "other": short(torch.from_numpy(other)),
        "y": y.tolist(),
        "event": event.tolist(),
        "class_weights": WEIGHTS,
        "words": short(torch.from_numpy(words)),
        "seen": seen,
        "samplers": SAMPLERS,
        "boxes": short(torch.from_numpy(boxes)),
        "scores": scores.tolist(),
        "classes": classes.tolist(),
    }
    for kind in (torch.float64, torch.float32):
        at = [torch.from_numpy(each).to(kind) for each in (z, other, event, words, boxes, scores)]
        codes = torch.from_numpy(y)
        body[str(kind).removeprefix("torch.")] = {
            "functions": functions(at[0], at[1]),
            "categorical": {
                "plain": categorical(at[0], codes, 0.0, None),
                "smoothed": categorical(at[0], codes, 0.1, None),
                "weighted": categorical(at[0], codes, 0.0, WEIGHTS),
                "smoothed and weighted": categorical(at[0], codes, 0.2, WEIGHTS),
            },
            "events": {name: events(at[0][:, 0], at[2], name) for name in ("weighted", "focal", "focal with alpha")},
            "sampled": [sampler(at[3], seen, options) for options in SAMPLERS],
            "suppression": suppression(at[4], at[5], torch.from_numpy(classes)),
        }
    text = json.dumps(body, indent=1)
    lines = text.replace(",\n    ", ", ")
    while ",  " in lines:
        lines = lines.replace(",  ", ", ")
    (Path(__file__).parent / "logits" / "torch.json").write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
