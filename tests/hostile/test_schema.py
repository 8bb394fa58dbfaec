"""Saved fits that were changed: each is refused by an error of ours, or loads to the identical model.

Honest files of every kind are changed field by field, at every depth, and by a fuzzer; with the digest as it was, and
with one made anew, as a forger would.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import itertools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from engine.levels.wide import places, wide_fit
from logitkit.design.formula.saved_levels import pack_array
from logitkit.engine.saved.file import VERSION, digest_of
from logitkit.engine.saved.schema import problem_of
from logitkit.errors import DataError, LogitkitError


def rows(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.uniform(1, 5, n), "g": rng.choice(["u", "v"], n)})
    eta = np.column_stack([np.zeros(n), 0.8 * frame["x"], 1 - 0.3 * frame["z"]])
    frame["mode"] = np.array(["a", "b", "c"])[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]
    frame["y"] = (frame["mode"] == "b").astype(int)
    return frame.assign(k=rng.integers(1, 5, n))


def separated() -> pd.DataFrame:
    return rows().assign(x=lambda frame: np.where(frame["y"] == 1, 1.0, -1.0) * (frame["x"].abs() + 0.5))


FITS: dict[str, Callable[[], Any]] = {
    "binary": lambda: lk.logit("y ~ scale(x) + C(g) + offset(z / 10)", rows()),
    "grouped": lambda: lk.logit("cbind(y, k) ~ x", rows()),
    "aliased": lambda: lk.logit("y ~ x + I(2 * x)", rows()),
    "cluster": lambda: lk.logit("y ~ x", rows(), weights="z", weight_kind="sampling", cluster="g"),
    "separated": lambda: lk.logit("y ~ x + z", separated()),
    "matrix": lambda: lk.logit_matrix(np.column_stack([np.ones(60), rows()["x"]]), rows()["y"], ["Intercept", "x"]),
    "absorbed": lambda: lk.logit("y ~ x + z", places(), absorb="g"),
    "absorbed, separated": lambda: lk.logit(
        "y ~ x", places().assign(x=lambda frame: frame["y"] + 0.1 * frame["x"].rank(pct=True)), absorb="g"
    ),
    "large factor": lambda: wide_fit("y ~ x + I(2 * x) + C(g)", places()),
    "lasso": lambda: lk.logit("y ~ x + z + g", rows(), penalty=lk.GroupLasso(0.02) + lk.GaussianPrior(precision=1.0)),
    "ridge": lambda: lk.logit("y ~ x + z", rows(), penalty=lk.Ridge(0.02)),
    "more columns than rows": lambda: lk.logit_matrix(
        np.column_stack([np.ones(12), np.random.default_rng(0).normal(size=(12, 15))]),
        np.arange(12) % 2,
        ["Intercept", *(f"x{j}" for j in range(15))],
        penalty=lk.Ridge(0.1),
    ),
    "several": lambda: lk.multinomial("mode ~ x + g", rows()),
    "several, separated": lambda: lk.multinomial(
        "mode ~ x", rows().assign(x=lambda frame: np.where(frame["mode"] == "a", -1.0, frame["x"].abs()))
    ),
    "several, equal": lambda: lk.multinomial("mode ~ x + z", rows(), equal="x"),
    "ordered": lambda: lk.ordinal("mode ~ x + z", rows(), order=list("abc"), nominal="x", information="expected"),
    "adjacent": lambda: lk.ordinal("mode ~ x + I(2 * x)", rows(), order=list("abc"), model="adjacent"),
    "several, ridge": lambda: lk.multinomial("mode ~ x + z", rows(), penalty=lk.Ridge(0.02)),
}


@pytest.fixture(scope="module", params=FITS)
def honest(request: Any, tmp_path_factory: Any) -> tuple[Path, dict[str, Any]]:
    """The path of an honest file, and what it holds."""
    path = FITS[request.param]().save(tmp_path_factory.mktemp("saved") / "model.json")
    return path, json.loads(path.read_text(encoding="utf-8"))


def load(folder: Path, packed: Any, sign: bool = False) -> Any:
    path = folder / "changed.json"
    packed = packed | {"digest": digest_of(packed)} if sign else packed
    path.write_text(json.dumps(packed), encoding="utf-8")
    return lk.load(path)


def places_in(value: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path to every value of a file; of long lists the first two."""
    if where:
        yield where
    items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, item in items:
        yield from places_in(item, (*where, key))


@contextlib.contextmanager
def changed(packed: Any, where: tuple[Any, ...], change: Callable[[Any], Any]) -> Iterator[bool]:
    """Change one value in place for a while, or take it out for ``DROP``; tell whether it differs."""
    owner = packed
    for key in where[:-1]:
        owner = owner[key]
    old, last = owner[where[-1]], where[-1]
    new = change(copy.deepcopy(old))
    if new is DROP:
        del owner[last]
    else:
        owner[last] = new
    try:
        yield repr(new) != repr(old)
    finally:
        if new is DROP and isinstance(owner, list):
            owner.insert(last, old)
        else:
            owner[last] = old


DROP = object()


def negated(value: Any) -> Any:
    if isinstance(value, str):  # an array in base64, or a word
        try:
            numbers = np.frombuffer(base64.b64decode(value, validate=True), dtype="<f8")
        except ValueError:
            return f"-{value}"
        return base64.b64encode((-numbers).tobytes()).decode("ascii")
    if isinstance(value, dict) and "array" in value:
        return {"array": [negated(item) for item in value["array"]]}
    if isinstance(value, list):
        return [negated(item) for item in value]
    return -value if type(value) in (int, float) else value


CHANGES: dict[str, Callable[[Any], Any]] = {
    "dropped": lambda value: DROP,
    "null": lambda value: None,
    "text": lambda value: "text",
    "true": lambda value: value is not True,
    "list": lambda value: [value],
    "object": lambda value: {"value": value},
    "nan": lambda value: {"float": "nan"},
    "huge": lambda value: 10**400,
    "large": lambda value: 1e308,
    "negative": lambda value: -5,
    "negated": negated,
    "empty": lambda value: type(value)() if isinstance(value, (list, dict, str)) else value,
    "shorter": lambda value: value[:-1] if isinstance(value, (list, str)) else value,
    "longer": lambda value: value + value[-1:] if isinstance(value, (list, str)) else value,
    "twice": lambda value: value * 2 if isinstance(value, (list, str)) else value,
}


def test_an_honest_file_has_no_problem(honest: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    path, packed = honest
    assert problem_of(packed) is None
    assert packed["digest"] == digest_of(packed)
    assert lk.load(path).save(tmp_path / "again.json").read_bytes() == path.read_bytes()
    # The layout of the file and the order of its fields say nothing.
    turned = dict(reversed(packed.items()))
    assert load(tmp_path, turned).save(tmp_path / "turned.json").read_bytes() == path.read_bytes()


def test_every_field_changed_is_refused(honest: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """The digest as it was: what the schema cannot know is found by it, and a part of these is loaded in truth."""
    _, packed = honest
    passed = 0
    wheel = itertools.cycle(CHANGES.values())
    for where in list(places_in(packed)):
        # All changes to a field and what is right within it, two in turn to what lies deeper.
        for change in CHANGES.values() if len(where) <= 2 else itertools.islice(wheel, 2):
            with changed(packed, where, change) as differs:
                if not differs or problem_of(packed) is not None:  # ``load`` asks the same
                    continue
                assert digest_of(packed) != packed["digest"]
                passed += 1
                if passed % 25 == 1:
                    with pytest.raises(LogitkitError):
                        load(tmp_path, packed)
    assert digest_of(packed) == packed["digest"]


def test_the_schema_alone_knows_types_and_fields(honest: tuple[Path, dict[str, Any]]) -> None:
    """A digest made anew does not help: no field may be missing, of another type or beyond the numbers there are."""
    _, packed = honest
    free = {"value", "seen", "transform", "encoder", "functions", "dict", "strengths", "trace", "references", "array"}
    for where in list(places_in(packed)):
        if free & set(map(str, where)) or isinstance(where[-1], int):
            continue  # free names, or lists that may be shorter
        if (where[0] == "limit" and len(where) == 2) or where[-1] in ("codes", "lengths", "prior", "centre", "place"):
            continue  # parts that may be absent together
        if where[0] == "model" and len(where) > 2:
            continue  # terms may be listed; the model itself refuses what it is not
        for name in ("dropped", "list", "object", "huge"):
            with changed(packed, where, CHANGES[name]):
                assert problem_of(packed) is not None, (where, name)


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (("n_obs",), -5, "'n_obs' holds -5, and must be 0 or more"),
        (("n_params",), 2.0, "'n_params' is of type float"),
        (("coef", "array", 1), {"float": "nan"}, "'coef' must be missing where aliased or undetermined"),
        (("coef", "array", 1), {"float": "inf"}, "'coef' must be missing where aliased"),
        (("coef", "array", 1), 10**400, "'coef' holds a value of type int"),
        (("inner_coef", "array", 0), {"float": "nan"}, "'inner_coef' holds more nan"),
        (("inner_coef", "array"), [1.0], "'inner_coef' has 1 numbers and must have 3"),
        (("inner_vcov", "square"), pack_array(np.diag([1.0, -1.0, 1.0])), "'inner_vcov' has a negative variance"),
        (("inner_vcov", "square"), pack_array(np.arange(9.0)), "'inner_vcov' is not symmetric"),
        (("inner_vcov", "square"), pack_array([np.nan, *[0.0] * 8]), "'inner_vcov' is missing in part"),
        (("inner_vcov",), {"same": "inner_vcov"}, "cannot refer to itself"),
        (("level",), 1.0, "'level' is 1.0, and must lie between"),
        (("level",), {"float": "nan"}, "'level' holds nan, which is not allowed"),
        (("loglik",), 3.0, "'loglik' is 3.0"),
        (("loglik",), 10**400, "'loglik' is of type int"),
        (("totals", "array", 1), 61, "'totals' do not sum to 'total'"),
        (("totals", "array", 1), -1, "'totals' holds -1, and must be 0 or more"),
        (("tjur",), 2, "'tjur' holds 2, and must be from -1 to 1"),
        (("tjur",), 10**30, "'tjur' is of type int"),
        (("coef", "array", 1), 10**30, "'coef' holds a value of type int"),
        (
            ("coding", "state", "encoder"),
            {"x": ["numerical", []]},
            r"encoder.x\[1\]' is of type list, .* pairs of names",
        ),
        (("coding", "state", "transform"), {"x": 0.5}, "'coding.state.transform.x' is of type float, .* pairs"),
        (("model", "Binary", "link"), "tobit", "its 'model' cannot be stated so: link='tobit'"),
        (("model", "Binary", "information"), "seen", "its 'model' cannot be stated so: information='seen'"),
        (("response", "dict", 0, 0), "event", "'response' holds 'event' twice"),
        (("counts", "dict", 1, 1), 61, "61 rows were missing, of 60"),
        (("aliased",), [1, 1], "'aliased' holds 1 twice"),
        (("covariance", "n_clusters"), -1, "'covariance.n_clusters' is -1"),
        (("trace", 0, "dict", 2, 1), -1.0, r"'trace\[0\].decrement' holds -1"),
        (
            ("coding", "functions"),
            {"f": {"module": "os", "name": ["system"]}},
            "'coding.functions.f.name' is of",
        ),
        (("fingerprint",), None, "'fingerprint' is of type NoneType"),
    ],
)
def test_the_field_is_named(where: tuple[Any, ...], value: Any, message: str, tmp_path: Path) -> None:
    packed = json.loads(FITS["binary"]().save(tmp_path / "model.json").read_text(encoding="utf-8"))
    with (
        changed(packed, where, lambda _: value),
        pytest.raises(DataError, match=f"changed.json' is damaged: .*{message}"),
    ):
        load(tmp_path, packed, sign=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "nested more than 40 deep"),
        ('{"a":' * 100_000, "nested more than 40 deep"),
        ("[" * 500 + "]" * 500, "nested more than 40 deep"),
        ('{"format": "logitkit fit", "version": 5, "version": 5}', "it holds 'version' twice"),
        ('{"format": "logitkit fit", "version": NaN}', "NaN is no JSON number"),
        ('{"format": "logitkit fit", "version": ' + "9" * 5_000 + "}", "is not JSON"),
        ('{"format": "logitkit fit", "version": 1e999}', "has version inf"),
        ('{"format": "logitkit fit", "version": true}', "has version True"),
        ('{"format": "logitkit fit", "version": 8}', "damaged: it has no 'model'"),
        ('{"format": "logitkit fit", "version": 6}', "damaged: it has no 'response'"),
        ('{"format": "logitkit fit", "version": 4, "response": 1}', "is damaged"),
        ("", "is not JSON"),
        ("null", "is not a fit"),
    ],
)
def test_no_json_brings_a_foreign_error(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        lk.load(path)


def test_another_version_says_what_to_do(tmp_path: Path) -> None:
    packed = json.loads(FITS["matrix"]().save(tmp_path / "model.json").read_text(encoding="utf-8"))
    with pytest.raises(
        DataError, match=r"has version 3 .* Fit the model again and save it, or load it with the version of logitkit"
    ):
        load(tmp_path, packed | {"version": 3})
    with pytest.raises(DataError, match=r"written by logitkit 9\.9, .* Update logitkit"):
        load(tmp_path, packed | {"version": VERSION + 1, "written_by": "logitkit 9.9"})


def test_more_outcomes_and_columns_than_coefficients_are_refused_before_arrays_are_made(
    tmp_path: Path,
) -> None:
    packed = json.loads(FITS["several"]().save(tmp_path / "model.json").read_text(encoding="utf-8"))
    names = [f"x{j}" for j in range(4_000)]
    packed |= {"names": names, "terms": [[name, [j]] for j, name in enumerate(names)]}
    response = dict(packed["response"]["dict"]) | {
        "levels": names,
        "coded": {"dict": [[x, j] for j, x in enumerate(names)]},
    }
    packed["response"] = {"dict": [list(pair) for pair in response.items()]}
    with pytest.raises(DataError, match="it has 4000 outcomes, 4000 names and 6 coefficients"):
        load(tmp_path, packed)


def test_a_change_that_fits_the_schema_is_found_by_the_digest(tmp_path: Path) -> None:
    packed = json.loads(FITS["matrix"]().save(tmp_path / "model.json").read_text(encoding="utf-8"))
    with pytest.raises(DataError, match="was changed after it was saved"):
        load(tmp_path, packed | {"level": 0.9})


JUNK: list[Any] = [None, True, 0, -1, 1, 2.5, 1e308, 10**400, 2**63, "", "x", "AAAA", "=", [], [[]], {}, ["a", "a"]]
JUNK += [{"float": "nan"}, {"float": "x"}, {"array": []}, {"array": [[]]}, {"array": ["a"]}]
JUNK += [{"dict": []}, {"dict": [[[], 1]]}]


def test_a_fuzzed_file_brings_no_foreign_error(honest: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """With a digest made anew, so that nothing but the schema and the readers stand between."""
    _, packed = honest
    wheel = random.Random(17)
    spots = list(places_in(packed))
    for _ in range(60):
        with contextlib.ExitStack() as stack:
            for where in wheel.sample(spots, wheel.randint(1, 3)):
                value: Any = packed
                for key in wheel.choice(spots):
                    with contextlib.suppress(KeyError, IndexError, TypeError):  # changed by now
                        value = value[key]
                kinds = [lambda _: wheel.choice(JUNK), lambda _, value=value: copy.deepcopy(value), *CHANGES.values()]
                with contextlib.suppress(KeyError, IndexError, TypeError):
                    stack.enter_context(changed(packed, where, wheel.choice(kinds)))
            if problem_of(packed) is None:
                with contextlib.suppress(LogitkitError):
                    load(tmp_path, packed, sign=True)
    assert digest_of(packed) == packed["digest"]
