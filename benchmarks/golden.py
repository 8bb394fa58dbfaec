"""What every verb says of every kind of fit, as one JSON file, and how two such files differ.

``python benchmarks/golden.py write FILE`` on the commit before a change of structure, ``python benchmarks/golden.py
compare FILE`` after it, on the same machine, some minutes each: the last bits of a sum differ between processors, so
the file is no part of the repository. Numbers are kept to their last bit, labels as they are, and of a refusal the
class of its error.

``python benchmarks/golden.py files [FITS]`` fits each kind (or those named) to the same rows in Parquet files, read in
chunks of 64, and says which verbs refuse there what they give in memory, and which answers differ by more than 1e-7.
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
    "bootstrap": (
        {"n": 20, "seed": 3},
        {"n": 20, "seed": 3, "kind": "bayesian"},
        {"n": 20, "seed": 3, "kind": "parametric"},
        {"n": 20, "seed": 3, "kind": "poisson"},
    ),
    "confint": (
        {"method": "wald"},
        {"method": "wald", "level": 0.9},
        {"method": "profile"},
        {"method": "score"},
        {"of": ["age - 2*lwt", "age"]},
        {"adjust": "single-step"},
        {"method": "profile", "adjust": "bonferroni"},
    ),
    "odds_ratios": ({}, {"units": {"age": 10.0}}, {"method": "profile"}, {"method": "score"}),
    "average_predictions": ({"variable": "age", "values": [20.0, 30.0]},),
    "residuals": ({"kind": "deviance"}, {"kind": "pearson"}, {"kind": "response"}),
    "hosmer_lemeshow": ({}, {"grouping": "r"}),
    "combine_tests": ({"test": "Wald"}, {"test": "LR"}),
    "anova": tuple({"type": kind, "test": test} for kind in (1, 2, 3) for test in ("LR", "Wald", "score", "F")),
    "add1": ({"scope": "ht"}, {"scope": "ht + ui", "test": "LR"}),
    "drop1": ({}, {"test": "Wald"}, {"test": "score"}),
    "equivalence": ({"of": "age", "low": -0.1, "high": 0.1}, {"of": "age", "high": 1.1, "ratio": True}),
    "rao_scott_test": ({"hypothesis": "age"},),
    "score_bootstrap": ({"hypothesis": "age = 0", "n": 99, "seed": 1},),
    "profile": ({"of": "age"},),
    "simulated_residuals": ({"seed": 1},),
    "validate": ({"n": 50, "seed": 1},),
    "effects": (
        {},
        {"average": False, "variables": "age"},
        {"at": "mean"},
        {"at": {"age": [20.0, 30.0]}, "by": "race"},
        {"scale": "link"},
        {"scale": "odds_ratio", "change": "sd"},
        {"scale": "risk_ratio"},
        {"variables": "age", "change": "elasticity"},
        {"variables": "age", "rows": "sampled"},
        {"variables": "age", "method": "simulation", "n": 20, "seed": 1},
    ),
    "contrast": (
        {"a": {"age": 30.0}, "b": {"age": 20.0}},
        {"a": {"race": "black"}, "b": {"race": "white"}, "at": "mean"},
        {"a": {"age": 30.0}, "b": {"age": 20.0}, "at": "mean", "method": "profile"},
    ),
    "means": (
        {"factors": "race"},
        {"factors": "race", "contrasts": "pairwise", "adjust": "single-step"},
        {"factors": "race", "scale": "probability", "weights": "proportional"},
    ),
    "inverse": ({"variable": "lwt"}, {"variable": "lwt", "probability": [0.25, 0.5], "method": "fieller"}),
    "iia_tests": ({}, {"method": "small_hsiao", "seed": 1}),
    "tidy": ({}, {"level": 0.9}),
    "test": ({"hypothesis": "age = 0"}, {"hypothesis": "age = lwt"}, {"hypothesis": "age / lwt = 1"}),
}
ADJUSTMENTS = (
    lk.Jeffreys(),
    lk.Jeffreys(correction="FLIC"),
    lk.Jeffreys(correction="FLAC"),
    lk.LogF(1),
    lk.MeanBias(),
    lk.MedianBias(),
)


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
        **{name: logit(link=name) for name in ("probit", "cloglog", "loglog", "cauchit")},
        **{f"separated, {p.words}": logit(table=separated, penalty=p) for p in ADJUSTMENTS},
        "Jeffreys, cauchit": logit(link="cauchit", penalty=lk.Jeffreys()),
        "MeanBias, cloglog": logit(link="cloglog", penalty=lk.MeanBias()),
        **{kind: lambda kind=kind: logit()().robust(kind) for kind in ("HC0", "HC1", "HC2", "HC3", "HC4")},
        **{kind: lambda kind=kind: logit()().robust(kind, cluster="site") for kind in ("CR0", "CR1", "CR2", "CR3")},
        "two-way": lambda: logit()().robust("cluster", cluster=["site", "ward"]),
        "dispersion": logit("cbind(events, rest) ~ age + lwt + C(race)", grouped, dispersion="pearson"),
        "survey": logit(weights="v", survey=lk.Survey(strata="race", units="site"), weight_kind="sampling"),
        "conventions": logit(cluster="site", conventions="stata"),
    }
    several_of_size = lk.Ordinal(order=["small", "middle", "large"])
    many = {
        "cumulative": lambda: lk.fit(several, data, model=several_of_size),
        "cumulative, MeanBias": lambda: lk.fit(several, data, model=several_of_size, penalty=lk.MeanBias()),
        "adjacent": lambda: lk.fit(several, data, model=lk.Ordinal("adjacent", order=["small", "middle", "large"])),
        "several, Jeffreys": multinomial(reference="small", penalty=lk.Jeffreys()),
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
    """Write what is said today, compare it with what was written, or what files give with what memory gives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["write", "compare", "files"])
    parser.add_argument("file", nargs="*", help="the file; of 'files', kinds of fit")
    parser.add_argument("--tolerance", type=float, default=0.0, help="relative; the default asks for the same bits")
    given = parser.parse_args()
    if given.what == "files":
        from golden_files import compare_files

        raise SystemExit(bool(compare_files(given.file, given.tolerance or 1e-7)))
    given.file = Path(given.file[0])
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
