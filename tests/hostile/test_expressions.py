"""Saved models whose formulas were changed to run code: nothing of them is evaluated, whatever is asked of the model.

Every file is an honest one with an expression changed, in all places (so that it agrees with itself) or in one. The
changed expressions would write a file; at the end there is none.
"""

from __future__ import annotations

import copy
import json
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.cli.command import main
from logitkit.design.formula.expression import read_expression
from logitkit.design.formula.language import require_closed
from logitkit.engine.saved.file import digest_of
from logitkit.errors import DataError, DataWarning, FormulaError, LogitkitError
from tolerances import EXACT


def rows(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "z": rng.uniform(1, 5, n),
            "g": np.resize(["a", "b", "c"], n),
            "a b": rng.uniform(1, 2, n),
            "flag": rng.random(n) < 0.5,
            "n": 4,
        }
    )
    frame["y"] = (rng.random(n) < 0.3 + 0.1 * frame["z"]).astype(int)
    frame["k"] = rng.integers(0, 5, n)
    frame["mode"] = np.resize(["bus", "car", "walk", "car", "bus"], n)
    return frame


FRAME = rows()


def signed(packed: dict[str, Any]) -> str:
    """Return a file with a digest made anew, as a forger would: it must not be the digest that refuses."""
    return json.dumps(packed | {"digest": digest_of(packed)})


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    """A file that hostile expressions would write."""
    path = tmp_path / "canary"
    yield path
    assert not path.exists(), "code of the file ran"


#: In place of an expression of the columns z and x; CANARY stands for the file to write.
HOSTILE = [
    "open('CANARY', 'w')",
    "__import__('pathlib').Path('CANARY').touch()",
    "eval(\"open('CANARY', 'w')\")",
    "exec(\"open('CANARY', 'w')\")",
    "quit()",
    "z.to_csv('CANARY')",
    "z.to_pickle('CANARY')",
    "z.values.tofile('CANARY')",
    "z.to_frame().to_csv('CANARY')",
    "np.savetxt('CANARY', z)",
    "np.save('CANARY', z)",
    "np.load('CANARY', allow_pickle=True)",
    "np.memmap('CANARY', mode='w+', shape=(9,))",
    "np.fromfile('CANARY')",
    "np.vectorize(open)(z)",
    "np.log.__class__.__base__.__subclasses__()",
    "np.lib.npyio.format.open_memmap('CANARY', 'w+', shape=(9,))",
    "z.__class__.__init__.__globals__['os'].system('touch CANARY')",
    "z.apply(open)",
    "z.pipe(open)",
    "z.map(open)",
    "z.map(lambda value: open('CANARY', 'w'))",
    "z.agg('to_csv', path_or_buf='CANARY')",
    "z.astype('S100000000')",
    "z.astype(open)",
    "z.str.repeat(10 ** 9)",
    "z.fillna(0, inplace=True)",
    "log(z, z)",
    "np.log(z, z)",
    "np.log(z, out=z)",
    "np.nan_to_num(z, copy=False)",
    "np.clip(z, 0, 1, z)",
    "np.zeros(10 ** 12)",
    "np.arange(10 ** 12)",
    "np.diff(z, 10 ** 9)",
    "np.random.normal(z)",
    "(lambda: open('CANARY', 'w'))()",
    "(lambda value: value)(z)",
    "[open('CANARY', 'w') for _ in 'a']",
    "{key: open('CANARY', 'w') for key in 'a'}",
    "sum(open('CANARY', 'w') for _ in 'a')",
    "max(z, key=open)",
    "max(*z)",
    "C(z, **{})",
    "C(z, _state={})",
    "scale(z, _state={'ddof': 1, 'center': 0, 'scale': 1})",
    "C.__globals__",
    "C.__wrapped__.__globals__['__builtins__']['open']('CANARY', 'w')",
    "contr.custom.__init__.__globals__",
    "contr.treatment.mro()",
    "getattr(z, 'to_csv')('CANARY')",
    "globals()['__builtins__']",
    "vars()",
    "f\"{z.to_csv('CANARY')}\"",
    "'{0.__class__}'.format(z)",
    "(z if z.to_csv('CANARY') else z)",
    "z[open('CANARY', 'w')]",
    "z[0]",
    "(z := open('CANARY', 'w'))",
    "1 << 10 ** 10",
    "b'bytes'",
    "1j",
    "...",
    "bs(z, df=10 ** 9)",
    "bs(z, df=1000000000)",
    "bs(z, 1000000000)",
    "poly(z, degree=10 ** 8)",
    "poly(z, -(-100000))",
    "bs(z, df=int('100000'))",
    "bs(z, df=(100000 or 1))",
    "bs(z, degree=1000)",
    "bs(z, None, None, 1000)",
    "hashed(z, levels=int('100000000'))",
    "round(5, -300000000) + z",
    "z.round(999999999)",
    "z.round(decimals=999999999)",
    "np.round(z, 999999999)",
    "np.around(z, decimals=-999999999)",
    "C(z, contr.treatment.apply)",
    "hashed(z, 1000000000)",
    "hashed(z, 9, hash_func=open)",
    "stranger(z)",
    "os.system('touch CANARY')",
    "I",
    "log",
    "Q('z')",
    "print(z)",
    "input(z)",
    "type(z)",
    "object()",
    "list(z)",
    "range(10 ** 12)",
    "map(open, 'a')",
    "pow(9, 10 ** 12)",
    "I(" * 150 + "z.to_csv('CANARY')" + ")" * 150,
    "I(" + "-" * 2000 + "z)",
    "I(" + "not " * 2000 + "z)",
    "I(" + "np." * 3000 + "log(z))",
    "I(" + "+".join(["z"] * 12_000) + ")",
]

#: Where an expression may stand; each is an honest model with log(z) in one place.
PLACES: dict[str, Callable[[], Any]] = {
    "term": lambda: lk.logit("y ~ x + log(z)", FRAME),
    "transform": lambda: lk.logit("y ~ x + scale(log(z))", FRAME),
    "factor": lambda: lk.logit("y ~ x + C(log(z) > 1)", FRAME),
    "braces": lambda: lk.logit("y ~ x + {log(z)}", FRAME),
    "interaction": lambda: lk.logit("y ~ g:I(log(z))", FRAME),
    "offset": lambda: lk.logit("y ~ x + offset(log(z))", FRAME),
    "left": lambda: lk.logit("(log(z) > 1) ~ x", FRAME),
    "counts": lambda: lk.logit("cbind(k, I(0 * log(z)) + 4 - k) ~ x", FRAME),
    "absorbed": lambda: lk.logit("y ~ x + log(z)", FRAME, absorb="g"),
    "penalised": lambda: lk.logit("y ~ x + log(z)", FRAME, penalty=lk.Ridge(0.1)),
    "multinomial": lambda: lk.multinomial("mode ~ x + log(z)", FRAME),
    "multinomial left": lambda: lk.multinomial("np.where(log(z) > 1, mode, 'bus') ~ x", FRAME),
    "multinomial counts": lambda: lk.multinomial("cbind(k, I(0 * log(z)) + 4 - k, n) ~ x", FRAME),
}


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("honest")
    saved = {}
    for place, fit in PLACES.items():
        path = fit().save(folder / "model.json")
        saved[place] = json.loads(path.read_text(encoding="utf-8"))
    return saved


def replaced(value: Any, old: str, new: str) -> Any:
    """Return JSON values with a text replaced everywhere, in keys too."""
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [replaced(item, old, new) for item in value]
    if isinstance(value, dict):
        return {replaced(key, old, new): replaced(item, old, new) for key, item in value.items()}
    return value


def ask_everything(path: Path, functions: dict[str, Any] | None = None, report: bool = False) -> str:
    """Load a file and ask the model all that evaluates its formula; the first refusal, or nothing."""
    refusal = ""
    try:
        fit = lk.load(path, functions=functions)
    except LogitkitError as error:
        return str(error)
    asked: list[Callable[[], Any]] = [
        lambda: fit.predict(FRAME),
        lambda: fit.residuals(data=FRAME),
        lambda: fit.augment(FRAME),
    ]
    if report:
        asked.append(lambda: fit.report(path.with_suffix(".html"), data=FRAME))
    for ask in asked:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DataWarning)  # of rows that lag() leaves out
                ask()
        except LogitkitError as error:
            refusal = refusal or str(error)
    return refusal


@pytest.mark.parametrize("payload", HOSTILE, ids=lambda text: text[:40])
def test_a_file_that_agrees_with_itself_is_refused(
    payload: str, honest: dict[str, Any], canary: Path, tmp_path: Path
) -> None:
    expression = payload.replace("CANARY", str(canary))
    path = tmp_path / "model.json"
    for place in ("term", "left", "offset"):
        path.write_text(signed(replaced(honest[place], "log(z)", expression)), encoding="utf-8")
        start = time.process_time()
        with pytest.raises(LogitkitError):
            lk.load(path)
        assert time.process_time() - start < 5


@pytest.mark.parametrize("place", PLACES)
def test_no_place_of_a_formula_runs_code(place: str, honest: dict[str, Any], canary: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(signed(honest[place]), encoding="utf-8")
    report = place in {"left", "multinomial"}
    assert not ask_everything(path, report=report)  # as it was saved, every verb answers
    for payload in ("open('CANARY', 'w')", "z.to_csv('CANARY')", "np.save('CANARY', z)", "(lambda: open('CANARY'))()"):
        expression = payload.replace("CANARY", str(canary))
        path.write_text(signed(replaced(honest[place], "log(z)", expression)), encoding="utf-8")
        with pytest.raises(FormulaError, match=r"a saved model cannot contain|not a function|acts on the process"):
            lk.load(path)
        assert ask_everything(path, report=report)


@pytest.mark.parametrize("place", ["term", "left", "offset", "multinomial"])
def test_the_command_line_runs_no_code(
    place: str, honest: dict[str, Any], canary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, table = tmp_path / "model.json", tmp_path / "rows.csv"
    FRAME.to_csv(table, index=False)
    expression = f"open('{canary}', 'w')"
    path.write_text(signed(replaced(honest[place], "log(z)", expression)), encoding="utf-8")
    page = tmp_path / "report.html"
    for command in (["predict", path, table], ["report", path, table, "--output", page]):
        assert main([str(word) for word in command]) == 2
        assert "which a saved model cannot contain" in capsys.readouterr().err
    assert not page.exists()


def changed(packed: dict[str, Any], change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    packed = copy.deepcopy(packed)
    change(packed)
    return packed


OPEN = "open('CANARY', 'w')"
ONE_PLACE: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("term", lambda packed: packed["coding"]["terms"][2].__setitem__(0, [OPEN, "python"])),
    ("term", lambda packed: packed["coding"]["terms"][2].__setitem__(0, ["exp(z)", "python"])),
    ("term", lambda packed: packed["coding"]["terms"][2].__setitem__(0, ["np", "lookup"])),
    ("term", lambda packed: packed["coding"]["terms"][2].__setitem__(0, ["log(z)", "lookup"])),
    ("term", lambda packed: packed["coding"]["terms"].pop()),
    ("term", lambda packed: packed["coding"].update(right="x + exp(z)")),
    ("term", lambda packed: packed.update(formula="y ~ x + exp(z)")),
    ("term", lambda packed: packed.update(formula="flag ~ x + log(z)")),
    ("term", lambda packed: packed.update(formula=f"{OPEN} ~ x + log(z)")),
    ("term", lambda packed: packed.update(formula=None)),
    ("term", lambda packed: packed.update(formula="y ~ x + log(z) + (a + b + d + e + f + h) ** 60")),
    ("term", lambda packed: packed.update(formula="y ~ x + " + "*".join(f"v{i}" for i in range(60)))),
    ("term", lambda packed: packed.update(formula="y ~ " + "(" * 400 + "x" + ")" * 400)),
    ("term", lambda packed: packed["coding"].update(offsets=["offset(z)"])),
    ("term", lambda packed: packed["coding"].update(variables=["x", "z", "flag"])),
    ("term", lambda packed: packed["coding"].update(left_variables=["flag"])),
    ("term", lambda packed: packed["coding"].update(functions={"log": {"value": 3}})),
    ("term", lambda packed: packed["coding"].update(functions={"open": {"module": "os", "name": "system"}})),
    ("term", lambda packed: packed["terms"][2].__setitem__(0, "exp(z)")),
    ("term", lambda packed: packed.update(empty_terms=["C(g)"])),
    ("offset", lambda packed: packed["coding"].update(offsets=["offset(exp(z))"])),
    ("offset", lambda packed: packed["coding"].update(offsets=[])),
    ("offset", lambda packed: packed["coding"].update(offsets=[OPEN])),
    ("offset", lambda packed: packed["coding"].update(offsets=["(a + b + d + e + f + h) ** 60"])),
    ("left", lambda packed: packed.update(formula="(exp(z) > 1) ~ x")),
    ("absorbed", lambda packed: packed["absorbed"].update(name="z")),
    ("factor", lambda packed: packed.update(references=[["C(log(z) > 1)", "True"]])),
    ("multinomial", lambda packed: packed.update(formula="mode ~ x + exp(z)")),
    ("multinomial", lambda packed: packed["coding"]["terms"][2].__setitem__(0, [OPEN, "python"])),
]


@pytest.mark.parametrize(("place", "change"), ONE_PLACE)
def test_the_formula_that_is_shown_is_the_one_that_is_evaluated(
    place: str, change: Callable[[dict[str, Any]], Any], honest: dict[str, Any], canary: Path, tmp_path: Path
) -> None:
    packed = replaced(changed(honest[place], change), "CANARY", str(canary))
    path = tmp_path / "model.json"
    path.write_text(signed(packed), encoding="utf-8")
    start = time.process_time()
    with pytest.raises(LogitkitError):
        lk.load(path)
    assert time.process_time() - start < 5


def test_what_was_learnt_is_not_learnt_again_from_new_rows(honest: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    for state in ({}, {"scale(log(z))": {"dict": []}}):
        packed = copy.deepcopy(honest["transform"])
        packed["coding"]["state"]["transform"] = state
        path.write_text(signed(packed), encoding="utf-8")
        fit = lk.load(path)
        with pytest.raises(DataError, match=r"lacks what scale\(log\(z\)\) learnt"):
            fit.predict(FRAME)


@pytest.mark.parametrize(
    "source",
    [
        {"module": "os", "name": "system"},
        {"module": "builtins", "name": "open"},
        {"module": "numpy", "name": "load"},
        {"module": "numpy", "name": "__dict__"},
        {"module": "math", "name": "factorial"},
        {"module": "pandas", "name": "read_pickle"},
        {"module": None, "name": "f"},
        {"module": "numpy", "name": None},
    ],
)
def test_a_file_names_no_function_to_import(source: dict[str, Any], tmp_path: Path) -> None:
    def own(values: Any) -> Any:
        return values + 1

    path = lk.logit("y ~ own(x)", FRAME).save(tmp_path / "model.json")
    packed = json.loads(path.read_text(encoding="utf-8"))
    packed["coding"]["functions"]["own"] = source
    path.write_text(signed(packed), encoding="utf-8")
    with pytest.raises(FormulaError, match=r"functions=\{'own': own\}"):
        lk.load(path)
    assert_allclose(
        lk.load(path, functions={"own": own}).predict(FRAME), lk.logit("y ~ own(x)", FRAME).predict(), rtol=EXACT
    )


def test_a_function_that_is_handed_over_lends_nothing_else(canary: Path, tmp_path: Path) -> None:
    def own(values: Any) -> Any:
        return values + 1

    path = lk.logit("y ~ own(x)", FRAME).save(tmp_path / "model.json")
    honest = json.loads(path.read_text(encoding="utf-8"))
    for payload in ("own.__globals__", "own.__call__(x)", "C(own)", "x.map(open)", "own(open)", "own.clear()"):
        path.write_text(signed(replaced(honest, "own(x)", payload)), encoding="utf-8")
        assert ask_everything(path, {"own": own}), payload
    # Of a module a function is handed over, and not the module with all that it can do.
    path = lk.logit("y ~ pd.cut(x, [-9, 0, 9], labels=False)", FRAME).save(tmp_path / "model.json")
    with pytest.raises(FormulaError, match=r"functions=\{'pd.cut': pd.cut\}"):
        lk.load(path, functions={"pd": pd})
    assert not ask_everything(path, {"pd.cut": pd.cut})
    packed = replaced(json.loads(path.read_text(encoding="utf-8")), "pd.cut", "pd.read_pickle")
    path.write_text(signed(packed), encoding="utf-8")
    assert "pd.read_pickle" in ask_everything(path, {"pd.cut": pd.cut, "pd": pd})


HONEST = [
    "y ~ bs(z, df=4) + cr(x, df=3, constraints='center') + cc(`a b`, df=3)",
    "y ~ poly(z, 2) + center(`a b`) + scale(np.sqrt(z)) + standardize(x)",
    "y ~ hashed(g, 4) + C(g, contr.treatment('b')):z + C(flag, contr.sum)",
    "y ~ C(g, levels=['c', 'b', 'a'], contrasts=contr.helmert) + {x ** 2} + I(~flag)",
    "y ~ I(flag + (x > 0)) + np.where(z > 2, x, -1) + {x > 0}:z + C(n - 4 + flag)",
    "y ~ lag(x) + I(z.clip(2, 4)) + C(g.str.upper()) + I(z.between(2, 3))",
    "y ~ g.isin(['a', 'b']) + I(abs(x) + round(z, 1)) + I(z.map(CODES).fillna(0)) + np.log(z * FACTOR)",
    "y ~ . + offset(np.log(z) / 2) + I(-flag) - mode",
    "cbind(k, 4 - k) ~ (x + z + g) ** 2 - x",
    "(z > LIMIT) & ~flag ~ x + Q('a b')",
    "np.log(`a b`) > 0.4 ~ x + g",
]


@pytest.mark.parametrize("formula", HONEST)
def test_an_honest_model_comes_back(formula: str, tmp_path: Path) -> None:
    CODES, FACTOR, LIMIT = {2.0: 1.0}, 2.5, 2
    assert FACTOR > LIMIT > len(CODES)
    fit = lk.logit(formula, FRAME)
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    assert loaded.formula == formula
    assert_allclose(loaded.predict(FRAME), fit.predict(FRAME), rtol=EXACT)
    assert not ask_everything(tmp_path / "model.json")
    assert loaded.save(tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()


@pytest.mark.parametrize(
    ("right", "part"),
    [
        ("I([value for value in x])", "a loop"),
        ("I((lambda value: value)(x))", "a function without a name"),
        ("I(x.rolling(2).sum().fillna(0))", "the method"),
        ("I(x + held[0])", "an entry picked by brackets"),
        ("I(x if True else z)", "an 'if'"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(right: str, part: str, tmp_path: Path) -> None:
    held = [1.0, 2.0]
    assert held
    fit = lk.logit(f"y ~ {right}", FRAME)
    with pytest.raises(FormulaError, match=rf"is {part}.* which a saved model cannot contain") as caught:
        fit.save(tmp_path / "model.json")
    assert "functions={'f': f}" in str(caught.value)
    assert not (tmp_path / "model.json").exists()


def test_what_is_listed_is_read_and_nothing_more() -> None:
    columns, functions = {"x", "a b"}, {"own": len, "CUTS": [1, 2], "DF": 10**9}
    for text in ("own(x)", "bs(x, knots=CUTS)", "-x ** 2", "`a b` > 1", "x.dt.year", "np.log(x) * np.pi", "f == 'a'"):
        if text.startswith("f"):
            with pytest.raises(FormulaError, match="'f' in"):
                require_closed(read_expression(text), columns, functions)
        else:
            require_closed(read_expression(text), columns, functions)
    with pytest.raises(FormulaError, match="'df' exceeds 1,000"):
        require_closed(read_expression("bs(x, df=DF)"), columns, functions)
