"""What every verb says of every kind of fit, as one JSON file, and how two such files differ.

``python benchmarks/golden.py write FILE`` on the commit before a change of structure, ``python benchmarks/golden.py
compare FILE`` after it, on the same machine: the last bits of a sum differ between processors, so the file is no part
of the repository. Numbers are kept to their last bit, labels as they are, and of a refusal the class of its error.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import json
import math
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import logitkit as lk

# Verbs that draw, write files, or would say the same as another.
LEFT_OUT = {"plot", "report", "save", "record", "trace", "confusion", "on"}
EXTRA: dict[str, tuple[dict[str, Any], ...]] = {
    "bootstrap": ({"n": 20, "seed": 3},),
    "confint": ({"method": "wald"}, {"method": "wald", "level": 0.9}, {"method": "profile"}, {"method": "score"}),
    "odds_ratios": ({}, {"units": {"age": 10.0}}),
    "average_predictions": ({"variable": "age", "values": [20.0, 30.0]},),
    "residuals": ({"kind": "deviance"}, {"kind": "pearson"}, {"kind": "response"}),
    "goodness_of_fit": ({}, {"grouping": "r"}),
    "combine_tests": ({"test": "Wald"}, {"test": "LR"}),
    "anova": ({"type": 3, "test": "Wald"}, {"type": 3, "test": "LR"}, {"type": 2}),
    "iia_tests": ({}, {"method": "small_hsiao", "seed": 1}),
    "tidy": ({}, {"level": 0.9}),
    "test": ({"hypothesis": "age = 0"}, {"hypothesis": "age = lwt"}),
}


def births() -> pd.DataFrame:
    """The births of Hosmer and Lemeshow, with columns of weights, groups and several outcomes."""
    data = lk.datasets.load_lbw()
    rng = np.random.default_rng(20)
    n = len(data)
    return data.assign(
        w=rng.integers(0, 4, n),
        v=rng.uniform(0.5, 2.0, n),
        site=rng.integers(0, 12, n),
        shift=rng.normal(0.0, 0.3, n),
        twice=2.0 * data["age"] + 1.0,
        size=pd.cut(data["bwt"], [0, 2500, 3300, 9999], labels=["small", "middle", "large"]).astype(str),
        trials=rng.integers(1, 6, n),
        ward=rng.integers(0, 40, n),
        flag=(data["age"] > 40).astype(float),
    ).assign(events=lambda d: np.minimum(d["trials"], d["low"] + (d["smoke"] * (d["trials"] > 2)).astype(int)))


def fits() -> dict[str, Callable[[], Any]]:
    """Every kind of fit, by name."""
    data = births()
    grouped = data.assign(rest=data["trials"] - data["events"])
    formula = "low ~ age + lwt + C(race) + smoke"
    several = "size ~ age + lwt + C(race) + smoke"
    separated = data[~((data["race"] == "black") & (data["low"] == 0))]
    apart = data[~((data["race"] == "black") & (data["size"] == "large"))]

    def logit(text: str = formula, table: Any = data, **options: Any) -> Callable[[], Any]:
        return lambda: lk.logit(text, table, **options)

    def multinomial(text: str = several, table: Any = data, **options: Any) -> Callable[[], Any]:
        return lambda: lk.multinomial(text, table, **options)

    binary = {
        "logit": logit(),
        "interaction": logit("low ~ age * smoke + lwt"),
        "no intercept": logit("low ~ 0 + C(race) + age + lwt"),
        "aliased": logit("low ~ age + twice + lwt"),
        "separated": logit(table=separated),
        "grouped": logit("cbind(events, rest) ~ age + lwt + C(race)", grouped),
        "frequency": logit(weights="w"),
        "precision": logit(weights="v", weight_kind="precision"),
        "sampling": logit(weights="v", weight_kind="sampling"),
        "clustered": logit(cluster="site"),
        "offset": logit(offset="shift"),
        "absorbed": logit("low ~ age + lwt + smoke", absorb="site"),
        "many levels": logit("low ~ age + lwt + C(ward)"),
        "ridge": logit(penalty=lk.Ridge(0.05)),
        "lasso": logit(penalty=lk.Lasso(0.03)),
        "elastic net": logit(penalty=lk.ElasticNet(0.03, l1_ratio=0.5) + lk.Bounds(lower=0.0)),
        "group lasso": logit(penalty=lk.GroupLasso(0.03)),
        "adaptive lasso": logit(penalty=lk.AdaptiveLasso(0.03)),
        "relaxed lasso": logit(penalty=lk.RelaxedLasso(0.03)),
        "prior": logit(penalty=lk.GaussianPrior(0.0, 1.0)),
    }
    many = {
        "multinomial": multinomial(reference="small"),
        "symmetric": multinomial(reference=None),
        "per outcome": multinomial(reference="small", per_outcome={"large": "smoke"}),
        "equal": multinomial(reference="small", equal=["age"]),
        "several, aliased": multinomial("size ~ age + twice + lwt", reference="small"),
        "several, separated": multinomial(table=apart, reference="small"),
        "several, frequency": multinomial(reference="small", weights="w"),
        "several, sampling": multinomial(reference="small", weights="v", weight_kind="sampling"),
        "several, clustered": multinomial(reference="small", cluster="site"),
        "several, ridge": multinomial(penalty=lk.Ridge(0.05)),
        "several, lasso": multinomial(penalty=lk.Lasso(0.03)),
        "several, groups": multinomial(penalty=lk.Lasso(0.03, across_outcomes=True)),
    }
    procedures = {
        "by": lambda: lk.logit_by("low ~ age + lwt", data, by="race"),
        "path": lambda: lk.path(formula, data, penalty=lk.Lasso(), n_strengths=10),
        "path, several": lambda: lk.path(several, data, penalty=lk.Lasso(), model=lk.Multinomial(), n_strengths=10),
        "cv": lambda: lk.cross_validate(formula, data, penalty=lk.Lasso(), folds=5, n_strengths=8),
        "cv, several": lambda: lk.cross_validate(
            several, data, penalty=lk.Ridge(), model=lk.Multinomial(), folds=5, n_strengths=8
        ),
    }
    return {**binary, **many, **procedures}


def plain(value: Any) -> Any:  # noqa: PLR0911 - one for each kind of value
    """Whatever a verb returns, as numbers, labels, lists and mappings."""
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return number.hex() if math.isfinite(number) else repr(number)
    if isinstance(value, (np.integer, np.bool_)):
        return value.item()
    if isinstance(value, pd.DataFrame):
        index = None if isinstance(value.index, pd.RangeIndex) else [str(label) for label in value.index]
        return {"index": index, "columns": {str(name): plain(value[name].to_numpy()) for name in value.columns}}
    if isinstance(value, pd.Series):
        return {"index": [str(label) for label in value.index], "values": plain(value.to_numpy())}
    if isinstance(value, np.ndarray):
        return [plain(part) for part in value.tolist()]
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value) if not field.name.startswith("_")]
        return {name: plain(getattr(value, name)) for name in names if name not in LEFT_OUT}
    return type(value).__name__


def answer(ask: Callable[[], Any]) -> Any:
    """What a verb returns, or the class of its refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(ask())
        except (TypeError, AttributeError):
            raise
        except ValueError as refusal:
            return {"refusal": type(refusal).__name__}


def asked(name: str, thing: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every verb of a result, with arguments."""
    rows = births().iloc[:20]
    for verb in sorted(n for n in dir(type(thing)) if not n.startswith("_") and n not in LEFT_OUT):
        kind = getattr(type(thing), verb)
        if not callable(kind):
            yield f"{name} | {verb}", lambda verb=verb: getattr(thing, verb)
        elif verb in {"predict", "predict_link", "predict_logit", "predictions"}:
            yield f"{name} | {verb}", lambda verb=verb: getattr(thing, verb)()
            yield f"{name} | {verb} | new rows", lambda verb=verb: getattr(thing, verb)(rows, unseen="missing")
        elif verb in {"at", "choose", "coef", "nested"}:
            continue
        elif verb == "summary":
            yield f"{name} | {verb}", lambda: type(thing.summary()).__name__
        else:
            known = inspect.signature(kind).parameters
            for options in (each for each in EXTRA.get(verb, ({},)) if set(each) <= set(known)):
                label = f"{name} | {verb}" + (f" | {options}" if options else "")
                yield label, lambda verb=verb, options=options: getattr(thing, verb)(**options)


def saved(fit: Any) -> Any:
    """What a fit writes of itself."""
    with tempfile.TemporaryDirectory() as folder:
        return json.loads(Path(fit.save(Path(folder) / "fit.json")).read_text(encoding="utf-8"))


def golden() -> dict[str, Any]:
    """Ask every verb of every fit."""
    found: dict[str, Any] = {}
    for name, make in fits().items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            thing = make()
        for label, ask in asked(name, thing):
            try:
                found[label] = answer(ask)
            except (TypeError, AttributeError) as error:
                found[label] = {"broken": repr(error)}
        if name.startswith("cv"):
            found[f"{name} | best"] = plain(thing.best.coef)
        if name.startswith("path"):
            found[f"{name} | table"] = plain(thing.tidy())
        if hasattr(thing, "save"):
            found[f"{name} | saved"] = sorted(saved(thing))
    return found


def number(value: Any) -> float | None:
    """A number that ``plain`` wrote as text, or None."""
    if isinstance(value, str):
        try:
            return float.fromhex(value)
        except ValueError:
            return None
    return None if isinstance(value, bool) or not isinstance(value, int) else float(value)


def differences(old: Any, new: Any, where: str, tolerance: float) -> Iterator[str]:
    """Every place where two answers differ by more than a tolerance, relative to the larger."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            if key not in old or key not in new:
                yield f"{where}.{key}: only {'after' if key in new else 'before'}"
            else:
                yield from differences(old[key], new[key], f"{where}.{key}", tolerance)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{where}: {len(old)} values before, {len(new)} after"
        for place, (left, right) in enumerate(zip(old, new, strict=False)):
            yield from differences(left, right, f"{where}[{place}]", tolerance)
    elif old != new:
        left, right = number(old), number(new)
        if left is None or right is None:
            yield f"{where}: {old!r} before, {new!r} after"
        elif not math.isclose(left, right, rel_tol=tolerance, abs_tol=0.0):
            yield f"{where}: {left!r} before, {right!r} after"


def main() -> None:
    """Write what is said today, or compare it with what was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["write", "compare"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--tolerance", type=float, default=0.0, help="relative; the default asks for the same bits")
    given = parser.parse_args()
    now = json.loads(json.dumps(golden()))
    if given.what == "write":
        given.file.write_text(json.dumps(now, indent=0), encoding="utf-8")
        refusals = sum(isinstance(v, dict) and "refusal" in v for v in now.values())
        print(f"{len(now):,} answers, {refusals:,} of them refusals, in {given.file}")
        return
    before = json.loads(given.file.read_text(encoding="utf-8"))
    found = list(differences(before, now, "", given.tolerance))
    print("\n".join(found) or f"All {len(before):,} answers are the same.")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
