"""Files of earlier versions of the format: fits come out of them with the numbers of the commits that wrote them."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from engine.saved.earlier.write import TABLE, cases, numbers_of
from logitkit.engine.saved.file import VERSION, digest_of
from logitkit.errors import DataError, LogitkitError
from tolerances import EXACT

HERE = Path(__file__).parent / "earlier"
FILES = sorted(HERE.glob("version*/*.json"))
IDS = [f"{path.parent.name}/{path.stem}" for path in FILES]
#: The models of the files; of a restricted one the terms, in a list.
MODELS = {
    **dict.fromkeys(("binary", "absorbed", "lasso", "offset", "learnt"), lk.Binary(event="yes")),
    **dict.fromkeys(("weights", "separated", "matrix"), lk.Binary()),
    "multinomial": lk.Multinomial("car"),
    "offsets": lk.Multinomial("bus"),
    "symmetric": lk.Multinomial(None),
    "restricted": lk.Multinomial("bus", per_outcome={"walk": ["dose"]}, equal=["dose"]),
    "probit": lk.Binary("probit", event="no", information="observed"),
    "cumulative": lk.Ordinal(link="cloglog", nominal=["age"]),
    "adjacent": lk.Ordinal("adjacent", order=["walk", "bus", "car"]),
}


@pytest.mark.filterwarnings("ignore:Missing predictions")  # of the separated fit, and where thresholds cross
@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_the_numbers_are_those_of_the_commit_that_wrote_the_file(path: Path) -> None:
    stored = json.loads((path.parent / "numbers").read_text(encoding="utf-8"))[path.stem]
    now = numbers_of(lk.load(path), path.stem)
    assert now.keys() == stored.keys()
    for name, value in stored.items():
        if name in ("names", "label"):
            assert now[name] == value
        else:
            assert_allclose(now[name], value, rtol=EXACT, err_msg=name)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_the_model_is_found_and_fits_the_same_again(path: Path, tmp_path: Path) -> None:
    fit = lk.load(path)
    assert fit.model == MODELS[path.stem]
    again = lk.load(fit.save(tmp_path / "fit.json"))
    assert json.loads((tmp_path / "fit.json").read_text(encoding="utf-8"))["version"] == VERSION
    assert (again.model, str(again.summary())) == (fit.model, str(fit.summary()))
    now = dict(cases())[path.stem]()
    assert now.record.names == fit.record.names
    if fit.separation is None:
        assert_allclose(fit.record.coef, now.record.coef, rtol=1e-6, atol=1e-8)  # two runs of a solver
    if fit.penalty is not None:
        assert fit.certificate(TABLE).holds


@pytest.mark.parametrize("path", [path for path in FILES if "version4" not in str(path)][::3], ids=str)
def test_a_change_is_found_by_the_digest_where_there_was_one(path: Path, tmp_path: Path) -> None:
    packed = json.loads(path.read_text(encoding="utf-8"))
    other = tmp_path / "other.json"
    other.write_text(json.dumps(packed | {"level": 0.9}), encoding="utf-8")
    with pytest.raises(DataError, match="was changed after it was saved"):
        lk.load(other)
    del packed["digest"]
    other.write_text(json.dumps(packed), encoding="utf-8")
    with pytest.raises(DataError, match="damaged: it has no 'digest'"):
        lk.load(other)


@pytest.mark.parametrize("name", ["version4-ad81b90/restricted", "version6-8100ff2/adjacent"])
def test_any_part_of_another_type_is_refused_by_an_error_of_ours(name: str, tmp_path: Path) -> None:
    packed = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    other, wheel = tmp_path / "other.json", itertools.cycle((None, [], {}, "text", -1, [["a"]], {"array": [1.0]}))
    for key in packed:
        for value in itertools.islice(wheel, 3):
            changed = packed | {key: value}
            changed |= {"digest": digest_of(changed)} if "digest" in packed else {}
            other.write_text(json.dumps(changed), encoding="utf-8")
            try:
                loaded: Any = lk.load(other)
            except LogitkitError:
                continue
            assert loaded.record.coef.tolist() == numbers_in(packed["coef"]), key  # of what may be so, or is not used


def numbers_in(array: dict[str, Any]) -> list[float]:
    return [float(value) for value in array["array"]]


def test_versions_before_the_first_that_is_read(tmp_path: Path) -> None:
    packed = json.loads(FILES[0].read_text(encoding="utf-8"))
    for version in (3, True, 4.0, "4"):
        (tmp_path / "other.json").write_text(json.dumps(packed | {"version": version}), encoding="utf-8")
        with pytest.raises(DataError, match=rf"has version {version!r} .*, reads versions 4 to {VERSION}\."):
            lk.load(tmp_path / "other.json")


def test_code_in_an_old_file_is_refused(tmp_path: Path) -> None:
    """Version 4 was written before formulas were of a closed language: what it holds is read as one of today's."""
    packed = json.loads((HERE / "version4-ad81b90" / "weights.json").read_text(encoding="utf-8"))
    text = json.dumps(packed).replace("np.log(dose)", "np.load(dose)")
    (tmp_path / "other.json").write_text(text, encoding="utf-8")
    with pytest.raises(LogitkitError, match=r"np\.load"):
        lk.load(tmp_path / "other.json")
