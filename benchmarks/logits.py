"""Work of ``logitkit.logits`` beside peers, in one run: best of five, seconds, and how many times the peer takes.

    python benchmarks/logits.py [--quick] [--store FILE] [--page FILE] [PART ...]

torch is timed where it is installed, on as many threads as logitkit takes; a line says so where it is not. Figures are
kept in the file of ``--store``, to which later runs of other parts add; ``--page`` writes what it holds.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import logits_page
import numpy as np
from memory import peak
from scipy.special import logsumexp

import logitkit as lk

REPEATS = 5
PATIENCE = 8.0  # seconds, after which nothing is repeated
TORCH = importlib.util.find_spec("torch") is not None
Call = Callable[[], object]
Work = tuple[str, dict[str, Call]]


def best(call: Call) -> float:
    """Return the best of some times, after one that may compile."""
    call()
    seconds: list[float] = []
    while len(seconds) < REPEATS and sum(seconds) < PATIENCE:
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
        peers: dict[str, Call] = {"logitkit": lambda z=z, y=y, loss=loss: loss.value_and_gradient(z, y)}  # type: ignore[misc]
        if TORCH:
            peers["torch"] = torch_cross_entropy(z, y)
        works.append((f"cross-entropy with gradient, {kind.__name__}", peers))
        peers = {"logitkit": lambda z=z: lk.logits.logsumexp(z), "scipy": lambda z=z: logsumexp(z, axis=1)}  # type: ignore[misc]
        if TORCH:
            peers["torch"] = torch_log_sum_exp(z)
        works.append((f"log-sum-exp, {kind.__name__}", peers))
    return works


def decoding(n: int) -> list[Work]:
    """Return top-p of rows of 50,000 float32 logits, and the suppression of boxes."""
    rng = np.random.default_rng(2)
    words = rng.normal(0.0, 3.0, (max(n // 2_000, 10), 50_000)).astype(np.float32)
    m = max(n // 100, 1_000)
    corner, size = rng.uniform(0.0, 1_000.0, (m, 2)), rng.uniform(5.0, 60.0, (m, 2))
    boxes, scores = np.hstack([corner - size / 2, corner + size / 2]), rng.random(m)
    suppressed: dict[str, Call] = {"logitkit": lambda: lk.logits.non_maximum_suppression(boxes, scores)}
    if importlib.util.find_spec("torchvision") is not None:
        suppressed["torchvision"] = torch_suppression(boxes, scores)
    return [
        (f"top-p of {len(words)} rows of 50,000", {who: top_p_of(who, words) for who in SAMPLERS}),
        (f"suppression of {m:,} boxes", suppressed),
    ]


#: Who keeps the most probable outcomes.
SAMPLERS = ("logitkit", "NumPy sort", *(("torch",) if TORCH else ()))


def top_p_of(who: str, z: Any) -> Call:
    """Return what keeps the most probable outcomes of each row with nine tenths together."""
    if who == "torch":
        return torch_top_p(z)
    sampler = lk.logits.Sampler(top_p=0.9)
    return (lambda: sampler.kept(z)) if who == "logitkit" else (lambda: sorted_top_p(z))


def torch_suppression(boxes: Any, scores: Any) -> Call:
    """Return torchvision's suppression, which has the same threshold."""
    import torch
    from torchvision.ops import nms

    torch.set_num_threads(lk.get_threads())
    corners, ranks = torch.from_numpy(boxes), torch.from_numpy(scores)
    ours = lk.logits.non_maximum_suppression(boxes, scores)
    if not np.array_equal(nms(corners, ranks, 0.5).numpy(), ours):
        raise SystemExit("torchvision keeps other boxes than logitkit.")
    return lambda: nms(corners, ranks, 0.5)


def held(who: str, rows: int) -> None:
    """Print how many bytes a process holds above the logits at most while it keeps the most probable outcomes."""
    rng = np.random.default_rng(2)
    top_p_of(who, rng.normal(0.0, 3.0, (20, 1_000)).astype(np.float32))()
    z = rng.standard_normal((rows, 50_000), dtype=np.float32)
    z *= 3.0
    call = top_p_of(who, z)
    peak(reset=True)
    before = peak()
    call()
    print(peak() - before)


def memory_of_top_p(rows: int) -> dict[str, float]:
    """Return the bytes that each holds above the logits, measured in a process of its own where the system tells."""
    if not Path("/proc/self/clear_refs").exists():
        return {}
    found = {}
    for who in SAMPLERS:
        command = [sys.executable, __file__, "--held", who, "--rows", str(rows)]
        found[who] = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"memory of top-p above {rows} rows of 50,000: {who} {found[who] / 1e6:.0f} MB", flush=True)
    return found


def sorted_top_p(z: Any) -> object:
    """Return which outcomes are kept, by sorting each row."""
    order = np.argsort(-z, axis=1)
    p = lk.logits.softmax(np.take_along_axis(z, order, axis=1))
    kept = np.cumsum(p, axis=1) - p < 0.9
    out = np.empty_like(kept)
    np.put_along_axis(out, order, kept, axis=1)
    return out


def torch_top_p(z: Any) -> Call:
    """Return the same in torch, as samplers of language models do."""
    import torch

    torch.set_num_threads(lk.get_threads())
    logits = torch.from_numpy(z)

    def call() -> object:
        ordered, places = torch.sort(logits, descending=True, dim=1)
        p = torch.softmax(ordered, dim=1)
        kept = torch.cumsum(p, dim=1) - p < 0.9
        return torch.zeros_like(kept).scatter_(1, places, kept)

    return call


def ranking(n: int) -> list[Work]:
    """Return NDCG of n scores in queries of 20, beside scikit-learn's (which has queries of one length only)."""
    from sklearn.metrics import ndcg_score

    rng = np.random.default_rng(3)
    y, s = rng.integers(0, 4, (n // 20, 20)), rng.normal(0.0, 1.0, (n // 20, 20))
    query = np.repeat(np.arange(n // 20), 20)
    flat = s.ravel(), y.ravel(), query
    return [
        (
            "NDCG at 10 in queries of 20",
            {"logitkit": lambda: lk.logits.ndcg(*flat, k=10), "scikit-learn": lambda: ndcg_score(y, s, k=10)},
        ),
        ("mean reciprocal rank in queries of 20", {"logitkit": lambda: lk.logits.reciprocal_rank(*flat)}),
        (
            "pairwise loss with gradient, queries of 20",
            {"logitkit": lambda: lk.logits.RankingLoss().value_and_gradient(*flat)},
        ),
        (
            f"pairwise loss with gradient, one list of {n // 50:,}",
            {"logitkit": lambda: lk.logits.RankingLoss().value_and_gradient(flat[0][: n // 50], flat[1][: n // 50])},
        ),
    ]


NEAR = 1e-3  # of the optimal mean loss
PASSES = (0.05, 0.1, 0.2, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)


def streams(n: int) -> list[Work]:
    """Return what comes to within 1e-3 of the optimal mean loss of n rows of 50 columns, by the fewest passes that do.

    SGDClassifier gets as many of the first rows as a part of a pass has: it has no parts of a pass of its own.
    """
    from sklearn.linear_model import LogisticRegression, SGDClassifier

    warnings.filterwarnings("ignore", message=".*(max_iter was reached|Maximum number of iteration|penalty).*")
    rng = np.random.default_rng(3)
    p = 50
    x = rng.normal(size=(n, p))
    x[:, 0] = 1.0
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-x @ (rng.normal(size=p) * 1.5 / p**0.5)))).astype(int)
    names = ["Intercept", *(f"x{j}" for j in range(1, p))]

    def loss(coef: Any) -> float:
        eta = x @ np.ravel(coef)
        return float(np.mean(np.logaddexp(0.0, eta) - y * eta))

    optimum = -lk.fit_matrix(x, y, names).loglik / n

    def ours(method: Any) -> Callable[[float], Any]:
        def coef(passes: float) -> Any:
            solver = lk.Stochastic(method, epochs=passes)
            return lk.learn_matrix(x, y, names, solver=solver, compared=False).estimate

        return coef

    def saga(passes: float) -> Any:
        return (
            LogisticRegression(
                solver="saga", C=np.inf, max_iter=int(passes), tol=1e-10, fit_intercept=False, random_state=0
            )
            .fit(x, y)
            .coef_
        )

    def sgd(passes: float) -> Any:
        k = max(int(min(passes, 1.0) * n), 1)
        model = SGDClassifier("log_loss", max_iter=max(int(passes), 1), tol=None, fit_intercept=False, random_state=0)
        return model.fit(x[:k], y[:k]).coef_

    def fewest(who: str, coef: Callable[[float], Any], *, whole: bool = False) -> Call:
        for passes in PASSES:
            if (passes >= 1 or not whole) and loss(coef(passes)) - optimum <= NEAR:
                print(f"  {who}: {passes:g} passes", flush=True)
                return lambda: coef(passes)
        raise SystemExit(f"{who} does not come to within {NEAR:g} in {PASSES[-1]} passes.")

    newton: Call = lambda: lk.fit_matrix(x, y, names)  # noqa: E731
    beside = {"Newton, to the optimum": newton}
    return [
        (
            "SAGA to 1e-3 of the optimum",
            {"logitkit": fewest("SAGA", ours("saga")), "scikit-learn saga": fewest("saga", saga, whole=True)} | beside,
        ),
        (
            "Adam to 1e-3 of the optimum",
            {"logitkit": fewest("Adam", ours("adam")), "SGDClassifier": fewest("SGDClassifier", sgd)} | beside,
        ),
    ]


def calibration(n: int) -> list[Work]:
    """Return a temperature of n rows of 10 logits with scores before and after, and calibration errors by chance."""
    rng = np.random.default_rng(3)
    z = rng.normal(0.0, 3.0, (n, 10))
    y = (0.5 * z + rng.gumbel(size=z.shape)).argmax(axis=1)
    m = n // 10
    return [
        ("temperature of rows of 10", {"logitkit": lambda: lk.logits.recalibrate(z, y, "temperature")}),
        (f"calibration error of {m:,} rows", {"logitkit": lambda: lk.logits.calibration_error(z[:m], y[:m])}),
    ]


def sets(n: int) -> list[Work]:
    """Return conformal sets by summed probability, risk by coverage and new proportions of n rows of 10 logits."""
    rng = np.random.default_rng(4)
    z = rng.normal(0.0, 2.0, (n, 10))
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    found = lk.logits.conformal(z[:10_000], y[:10_000], 0.9, "aps", randomised=False)
    priors = np.full(10, 0.1)
    return [
        (
            f"APS sets of {n:,} rows",
            {"logitkit": lambda: found.sets(z), "NumPy sort": lambda: sorted_sets(z, found.threshold)},
        ),
        (f"APS threshold of {n:,} rows", {"logitkit": lambda: lk.logits.conformal(z, y, 0.9, "aps")}),
        (f"risk by coverage of {n:,} rows", {"logitkit": lambda: lk.logits.risk_coverage(z, y)}),
        (
            f"prior shift of {n:,} rows",
            {"logitkit": lambda: lk.logits.prior_shift(z, priors=priors), "20 of EM": lambda: plain_em(z, priors, 20)},
        ),
    ]


def pools(n: int) -> list[Work]:
    """Return the weights of five members of n rows, beside SLSQP, and bagging of a logit."""
    from scipy.optimize import minimize
    from sklearn.ensemble import BaggingClassifier
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(3)
    z = rng.normal(0.0, 2.0, (5, n))
    y = (rng.random(n) < lk.logits.sigmoid(0.5 * z[0] + 0.4 * z[1])).astype(float)

    def linear() -> Any:
        likelihoods = lk.logits.sigmoid(z * (2.0 * y - 1.0))

        def loss(w: Any) -> Any:
            mean = w @ likelihoods
            return -np.log(mean).mean(), -(likelihoods @ (1.0 / mean)) / n

        return loss

    def log(w: Any) -> Any:
        eta = w @ z
        return (np.logaddexp(0.0, eta) - y * eta).mean(), z @ (lk.logits.sigmoid(eta) - y) / n

    def by_scipy(loss: Any, adds_up: bool) -> Call:
        sums = [{"type": "eq", "fun": lambda w: w.sum() - 1.0, "jac": lambda _: np.ones(5)}] if adds_up else []
        options = {"jac": True, "bounds": [(0.0, None)] * 5, "constraints": sums, "options": {"ftol": 1e-14}}
        return lambda: minimize(loss(), np.full(5, 0.2), method="SLSQP", **options)

    m = 1_000
    X = rng.normal(0.0, 1.0, (m, 10))
    event = (rng.random(m) < lk.logits.sigmoid(X @ np.linspace(-0.5, 0.5, 10))).astype(int)
    ours = lk.estimators.BaggedClassifier(n_samples=200)
    theirs = BaggingClassifier(LogisticRegression(C=np.inf), n_estimators=200, oob_score=True, random_state=0)
    return [
        (
            "linear pool of 5 members",
            {"logitkit": lambda: lk.logits.linear_pool(list(z), y), "SLSQP": by_scipy(linear, True)},
        ),
        (
            "log pool of 5 members",
            {"logitkit": lambda: lk.logits.log_pool(list(z), y), "SLSQP": by_scipy(lambda: log, False)},
        ),
        (
            f"200 samples of a logit, {m:,} x 10, out of bag",
            {"logitkit": lambda: ours.fit(X, event), "scikit-learn": lambda: theirs.fit(X, event)},
        ),
    ]


def sorted_sets(z: Any, threshold: float) -> object:
    """Return which outcomes are in each set, by sorting each row."""
    order = np.argsort(-z, axis=1)
    p = np.take_along_axis(lk.logits.softmax(z), order, axis=1)
    out = np.empty(z.shape, dtype=bool)
    np.put_along_axis(out, order, np.cumsum(p, axis=1) <= threshold, axis=1)
    return out


def plain_em(z: Any, priors: Any, steps: int) -> object:
    """Return new proportions after some steps of EM."""
    p, q = lk.logits.softmax(z), priors
    for _ in range(steps):
        weighted = p * (q / priors)
        q = (weighted / weighted.sum(axis=1, keepdims=True)).mean(axis=0)
    return q


def bandits(n: int) -> list[Work]:
    """Return the value of a policy from the log of another, of n rows and 10 actions."""
    rng = np.random.default_rng(4)
    p = rng.dirichlet(np.ones(10), 100)[rng.integers(0, 100, n)]
    action = (rng.random((n, 1)) > np.cumsum(p, axis=1)[:, :-1]).sum(axis=1)
    reward, policy = rng.random(n) < 0.02 + 0.01 * action, np.full((n, 10), 0.1)
    log = reward, p[np.arange(n), action], policy
    return [
        ("policy value, SNIPS", {"logitkit": lambda: lk.logits.off_policy_value(*log, action=action)}),
        ("policy value, doubly robust", {"logitkit": lambda: lk.logits.off_policy_value(*log, "dr", action=action)}),
    ]


def warm_starts(n: int) -> Work:
    """Return a fit of 5 outcomes that starts from one of other rows, beside one from zero and scikit-learn's."""
    from sklearn.linear_model import LogisticRegression

    rng, columns = np.random.default_rng(3), 50
    names = ["Intercept", *(f"x{j}" for j in range(1, columns))]
    slopes = 0.3 * rng.normal(size=(columns, 5))

    def rows() -> tuple[Any, Any]:
        X = np.column_stack([np.ones(n), rng.normal(size=(n, columns - 1))])
        return X, (X @ slopes + rng.gumbel(size=(n, 5))).argmax(axis=1)

    before, (X, y) = rows(), rows()
    earlier = lk.fit_matrix(*before, names, model=lk.Multinomial())
    peer = LogisticRegression(C=np.inf, fit_intercept=False, max_iter=1_000).fit(*before)

    def again() -> object:
        model = LogisticRegression(C=np.inf, fit_intercept=False, max_iter=1_000, warm_start=True)
        model.coef_, model.classes_ = peer.coef_.copy(), peer.classes_
        return model.fit(X, y)

    calls: dict[str, Call] = {
        "logitkit": lambda: lk.fit_matrix(X, y, names, model=lk.Multinomial(), start=earlier),
        "from zero": lambda: lk.fit_matrix(X, y, names, model=lk.Multinomial()),
        "scikit-learn, warm_start": again,
    }
    return f"fit of 5 outcomes from an earlier one, {n:,} x {columns}", calls


def updating(n: int) -> list[Work]:
    """Return the ladder of updates by n / 20 new rows of 10 columns, and a prior whose strength 10 folds choose."""

    def rows(seed: int, size: int, shift: float) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((size, 10))
        y = rng.random(size) < lk.logits.sigmoid(x @ np.linspace(-0.5, 0.5, 10) + shift)
        return {"y": y.astype(int)} | {f"x{j}": x[:, j] for j in range(10)}

    fit = lk.logit("y ~ " + " + ".join(f"x{j}" for j in range(10)), rows(1, n // 10, 0.0))
    new = rows(2, n // 20, 0.5)
    return [
        (f"ladder of updates, {n // 20:,} rows", {"logitkit": lambda: fit.update(new)}),
        (f"prior by 10 folds, {n // 20:,} rows", {"logitkit": lambda: fit.update(new, "prior")}),
        warm_starts(n // 50),
    ]


#: Name of a part, and what makes its works of a number of rows.
PARTS: dict[str, Callable[[int], list[Work]]] = {
    "losses": losses,
    "calibration": calibration,
    "decoding": decoding,
    "pools": pools,
    "ranking": ranking,
    "bandits": bandits,
    "streams": streams,
    "updating": updating,
    "sets": sets,
}


def measured(title: str, peers: dict[str, Call]) -> dict[str, Any]:
    """Return the title of a work and the seconds of each, and print them."""
    seconds = {who: best(call) for who, call in peers.items()}
    ours = seconds["logitkit"]
    others = [(who, each) for who, each in seconds.items() if who != "logitkit"]
    beside = "".join(f"   {who} {each:.4f} s ({each / ours:.1f} times)" for who, each in others)
    print(f"{title:<52} logitkit {ours:.4f} s{beside}", flush=True)
    return {"title": title, "seconds": seconds}


def main() -> None:
    """Measure what was asked for, and keep or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="everything in small")
    parser.add_argument("--store", type=Path, help="JSON to which figures are added")
    parser.add_argument("--page", type=Path, help="page to write, of all figures that are stored and these")
    parser.add_argument("--written", action="store_true", help="measure nothing: write the page of what is stored")
    parser.add_argument("--held", choices=SAMPLERS, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=logits_page.MEMORY_ROWS[False], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.held:
        held(given.held, given.rows)
        return
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    if not TORCH:
        print("torch is not installed: its columns are left out.")
    found: dict[str, Any] = {"parts": {}, "memory": {}}
    if given.store and given.store.exists():
        found = json.loads(given.store.read_text(encoding="utf-8"))
    for name, part in ({} if given.written else PARTS).items():
        if given.parts and name not in given.parts:
            continue
        found["parts"][name] = [measured(*work) for work in part(50_000 if given.quick else 1_000_000)]
        if name == "decoding":
            found["memory"] = memory_of_top_p(logits_page.MEMORY_ROWS[given.quick])
    if given.store:
        given.store.write_text(json.dumps(found), encoding="utf-8")
    if given.page:
        ordered = {name: found["parts"][name] for name in PARTS if name in found["parts"]}
        given.page.write_text(logits_page.page(ordered, found["memory"], given.quick), encoding="utf-8")


if __name__ == "__main__":
    main()
