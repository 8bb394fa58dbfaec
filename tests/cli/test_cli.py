"""The command line: what it prints, what it writes, and how it fails."""

from __future__ import annotations

import gzip
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.cli.command import main
from logitkit.datasets import dataset_path
from tolerances import EXACT

Capture = pytest.CaptureFixture[str]
FORMULA = "low ~ age + lwt + smoke"


@pytest.fixture
def births(tmp_path: Path) -> Path:
    """The births as a CSV file, with weights, an offset, clusters and outcomes in other codings."""
    frame = lk.datasets.load_lbw()
    frame["count"] = 1 + frame["ftv"]
    frame["exposure"] = 0.01 * frame["age"]
    frame["flag"] = frame["low"] == 1
    frame["label"] = frame["low"].map({0: "normal", 1: "light"})
    frame["two"] = frame["low"] + 1
    path = tmp_path / "births.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def here(births: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the births, entered."""
    monkeypatch.chdir(births.parent)
    return births.parent


def error_of(capsys: Capture, *words: str | Path) -> str:
    """Run a command that must fail, and return its one line."""
    assert main([str(word) for word in words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("logitkit: error: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err.removeprefix("logitkit: error: ").strip()


def printed(capsys: Capture, *words: str | Path) -> str:
    """Run a command that must succeed, and return what it printed."""
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def test_fit_prints_the_summary_of_the_same_fit(births: Path, capsys: Capture) -> None:
    expected = lk.logit(FORMULA, pd.read_csv(births)).summary()
    assert printed(capsys, "fit", FORMULA, births) == expected.to_text() + "\n"


@pytest.mark.parametrize("expression", ["sys.exit(3)", "quit()", "argparse", "open('x')", "Path('x').touch()"])
def test_a_formula_sees_no_name_of_the_command_line(expression: str, births: Path, capsys: Capture) -> None:
    for command in (["fit", f"low ~ I({expression})"], ["fit", "--model", "multinomial", f"I({expression}) ~ age"]):
        assert re.search("neither a column|acts on the process", error_of(capsys, *command, births))


def test_parquet_gives_what_csv_gives(births: Path, capsys: Capture) -> None:
    parquet = births.with_suffix(".parquet")
    pd.read_csv(births).to_parquet(parquet)
    assert printed(capsys, "fit", FORMULA, parquet) == printed(capsys, "fit", FORMULA, births)


@pytest.mark.parametrize(("name", "mark"), [("markdown", "|:--"), ("latex", "\\toprule"), ("html", "<table")])
def test_formats(name: str, mark: str, births: Path, capsys: Capture) -> None:
    text = printed(capsys, "fit", FORMULA, births, "--format", name)
    summary = lk.logit(FORMULA, pd.read_csv(births)).summary()
    assert mark in text
    assert text == getattr(summary, f"to_{name}")() + "\n"


def test_options_reach_the_fit(births: Path, tmp_path: Path, capsys: Capture) -> None:
    saved = tmp_path / "model.json"
    options = ["--weights", "count", "--weight-kind", "sampling", "--offset", "exposure", "--cluster", "race"]
    printed(capsys, "fit", "low ~ age", births, *options, "--level", "0.9", "--save", saved)
    expected = lk.logit(
        "low ~ age",
        pd.read_csv(births),
        weights="count",
        weight_kind="sampling",
        offset="exposure",
        cluster="race",
        level=0.9,
    )
    found = lk.load(saved)
    pd.testing.assert_series_equal(found.coef, expected.coef)
    pd.testing.assert_series_equal(found.std_error, expected.std_error)
    pd.testing.assert_frame_equal(found.confint(), expected.confint())


@pytest.mark.parametrize(
    ("response", "event"),
    [
        ("low", "1"),
        ("low", "1.0"),
        ("flag", "True"),
        ("flag", "true"),
        ("label", "light"),
        ("two", "2"),
        ("`two`", "2"),
        ("label == 'light'", "True"),
    ],
)
def test_event_is_read_as_the_column_has_it(
    response: str, event: str, births: Path, tmp_path: Path, capsys: Capture
) -> None:
    saved = tmp_path / "model.json"
    printed(capsys, "fit", f"{response} ~ age + lwt", births, "--event", event, "--save", saved)
    expected = lk.logit("low ~ age + lwt", pd.read_csv(births)).coef
    np.testing.assert_allclose(lk.load(saved).coef, expected, rtol=1e-12)


def test_the_link_goes_into_the_model_and_its_file(births: Path, tmp_path: Path, capsys: Capture) -> None:
    saved = tmp_path / "model.json"
    assert "probit link" in printed(capsys, "fit", "low ~ age", births, "--link", "probit", "--save", saved)
    expected = lk.logit("low ~ age", pd.read_csv(births), link="probit")
    np.testing.assert_allclose(lk.load(saved).std_error, expected.std_error, rtol=1e-9)
    assert "link='probut' is not offered" in error_of(capsys, "fit", "low ~ age", births, "--link", "probut")


def test_the_other_event_turns_the_signs(births: Path, tmp_path: Path, capsys: Capture) -> None:
    saved = tmp_path / "model.json"
    assert "low = 0 (against 1)" in printed(capsys, "fit", "low ~ age", births, "--event", "0", "--save", saved)
    np.testing.assert_allclose(lk.load(saved).coef, -lk.logit("low ~ age", pd.read_csv(births)).coef, rtol=1e-9)


@pytest.mark.usefixtures("figures_not_written")
def test_report_is_written_and_said_on_standard_error(births: Path, tmp_path: Path, capsys: Capture) -> None:
    page, model, again = tmp_path / "births.html", tmp_path / "m.json", tmp_path / "again.html"
    assert main(["fit", FORMULA, str(births), "--report", str(page), "--save", str(model)]) == 0
    out, err = capsys.readouterr()
    assert "Wrote" not in out
    assert err.splitlines() == [f"Wrote the model to {model}", f"Wrote the report to {page}"]
    assert main(["report", str(model), str(births), "--output", str(again), "--title", "Births & weights"]) == 0
    assert capsys.readouterr().err == f"Wrote the report to {again}\n"
    for path in (page, again):
        text = path.read_text(encoding="utf-8")
        assert "data:image/svg+xml" in text
        assert re.search(r"(src|href)=[\"']https?:", text) is None
    assert "<title>Births &amp; weights</title>" in again.read_text(encoding="utf-8")


@pytest.mark.parametrize("model", [["low ~ lwt + smoke"], ["race ~ lwt + smoke", "--model", "multinomial"]])
@pytest.mark.usefixtures("figures_not_written")
def test_units_reach_the_summary_and_the_reports(
    model: list[str], births: Path, tmp_path: Path, capsys: Capture
) -> None:
    page, saved, again = tmp_path / "births.html", tmp_path / "m.json", tmp_path / "again.html"
    words = ["fit", model[0], str(births), *model[1:], "--units", "lwt=10", "--units", "smoke=2"]
    assert main([*words, "--report", str(page), "--save", str(saved)]) == 0
    out = capsys.readouterr().out
    assert "lwt (per 10)" in out
    assert "smoke (per 2)" in out
    assert main(["report", str(saved), str(births), "--units", "lwt=10", "--output", str(again)]) == 0
    assert "lwt (per 10)" in page.read_text("utf-8")
    assert "lwt (per 10)" in again.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["low ~ age", "births.csv", "--units", "age"], "--units 'age' is not NAME=NUMBER"),
        (["low ~ age", "births.csv", "--units", "age=ten"], "--units 'age=ten' is not NAME=NUMBER"),
        (["low ~ age", "births.csv", "--units", "agee=10"], "Did you mean 'age'?"),
        (["low ~ agee", "births.csv"], "Did you mean 'age'?"),
        (["low", "births.csv"], "write 'response ~ terms'"),
        (["low ~ age", "nothing.csv"], "There is no file"),
        (["low ~ age", "births.txt2"], "the files that can be read end in"),
        (["low ~ age", "broken.parquet"], "cannot be read as .parquet"),
        (["low ~ age", "births.csv", "--event", "7"], "event='7' does not occur in the response 'low'"),
        (["low ~ age", "births.csv", "--weights", "cuont"], "Did you mean 'count'?"),
        (["low ~ age", "births.csv", "--level", "95"], "level=95.0"),
        (["ftv ~ age", "births.csv"], "The response 'ftv'"),
        (["low ~ age", "births.csv", "--weights", "exposure"], "precision"),
        (["low ~ age", "hole.csv", "--missing", "raise"], "age"),
    ],
)
def test_bad_input_is_one_clear_line(words: list[str], message: str, here: Path, capsys: Capture) -> None:
    Path("births.txt2").write_text("low,age\n", encoding="utf-8")
    Path("broken.parquet").write_text("no parquet", encoding="utf-8")
    Path("hole.csv").write_text("low,age\n0,1\n1,\n1,2\n0,3\n1,3\n", encoding="utf-8")
    assert message in error_of(capsys, "fit", *words)


def test_missing_rows_are_dropped_and_counted(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "hole.csv"
    path.write_text("low,age\n0,1\n1,\n1,2\n0,3\n1,3\n0,2\n", encoding="utf-8")
    assert "5 of 6" in printed(capsys, "fit", "low ~ age", path)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nowhere/file", "No such file or directory"),
        ("births.csv/file", "Not a directory"),
        (".", "Is a directory"),
    ],
)
@pytest.mark.parametrize(
    "words",
    [
        ["fit", "low ~ age", "births.csv", "--report"],
        ["fit", "low ~ age", "births.csv", "--save"],
        ["predict", "model.json", "births.csv", "--output"],
        ["report", "model.json", "births.csv", "--output"],
        ["demo", "--output"],
    ],
    ids=lambda words: f"{words[0]} {words[-1]}",
)
def test_what_cannot_be_written_is_refused_before_the_work(
    words: list[str], target: str, reason: str, here: Path, capsys: Capture
) -> None:
    """There is not a model.json, and the fit would print its summary: neither is reached."""
    assert error_of(capsys, *words, target) == f"cannot write '{target}': {reason}"


def saved_model(folder: Path, formula: str = "low ~ age + lwt + race", **options: Any) -> tuple[Path, lk.Fit]:
    fit = lk.logit(formula, lk.datasets.load_lbw(), **options)
    return fit.save(folder / "model.json"), fit


def test_predict_prints_what_predictions_gives(births: Path, tmp_path: Path, capsys: Capture) -> None:
    model, fit = saved_model(tmp_path, level=0.9)
    for words, level in (([], 0.9), (["--level", "0.5"], 0.5)):
        found = pd.read_csv(io.StringIO(printed(capsys, "predict", model, births, *words)))
        expected = fit.predictions(pd.read_csv(births), level=level)
        assert list(found) == ["row", "probability", "conf_low", "conf_high"]
        assert found["row"].tolist() == list(range(189))
        for name in ("conf_low", "conf_high"):
            np.testing.assert_allclose(found[name], expected[name], rtol=EXACT)
        np.testing.assert_allclose(found["probability"], fit.predict(), rtol=EXACT)


def test_predict_writes_a_file_and_keeps_the_labels_of_rows(tmp_path: Path, capsys: Capture) -> None:
    model, fit = saved_model(tmp_path)
    mothers = lk.datasets.load_lbw().head(3).drop(columns="low").set_index("id")
    mothers.to_parquet(tmp_path / "mothers.parquet")
    scored = tmp_path / "scored.csv"
    assert main(["predict", str(model), str(tmp_path / "mothers.parquet"), "--output", str(scored)]) == 0
    assert capsys.readouterr() == ("", f"Wrote the predictions to {scored}\n")
    found = pd.read_csv(scored, index_col="id")
    assert found.index.tolist() == mothers.index.tolist()
    np.testing.assert_allclose(found["probability"], fit.predict().head(3), rtol=EXACT)


def test_predict_where_values_or_levels_are_missing(tmp_path: Path, capsys: Capture) -> None:
    model, _ = saved_model(tmp_path)
    path = tmp_path / "new.csv"
    path.write_text("age,lwt,race\n20,110,white\n20,,white\n20,110,asian\n", encoding="utf-8")
    assert "'asian'" in error_of(capsys, "predict", model, path)
    assert main(["predict", str(model), str(path), "--unseen", "missing"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert [line.count(",") for line in lines] == [3] * 4
    assert lines[2:] == ["1,,,", "2,,,"]
    assert err == "Rows without a prediction: 2 of 3\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["births.csv", "births.csv"], "is not JSON"),
        (["model.json", "nothing.csv"], "There is no file"),
        (["model.json", "short.csv"], "'lwt'"),
        (["model.json", "births.csv", "--level", "95"], "level=95.0"),
    ],
)
def test_bad_input_of_predict(words: list[str], message: str, here: Path, capsys: Capture) -> None:
    saved_model(here)
    Path("short.csv").write_text("age,race\n20,white\n", encoding="utf-8")
    assert message in error_of(capsys, "predict", *words)


@pytest.mark.parametrize(("separator", "word"), [(";", "';'"), ("\t", "tab")])
@pytest.mark.usefixtures("figures_not_written")
def test_another_separator_is_suspected_and_can_be_said(
    separator: str, word: str, births: Path, tmp_path: Path, capsys: Capture
) -> None:
    other = tmp_path / "other.csv"
    frame = pd.read_csv(births)
    frame["remark"] = 'said "one, two; three"'
    frame.to_csv(other, index=False, sep=separator)
    assert error_of(capsys, "fit", FORMULA, other).endswith(f"If so, use --separator {word}.")
    said = word.strip("'")
    expected = printed(capsys, "fit", FORMULA, births)
    assert printed(capsys, "fit", FORMULA, other, "--separator", said) == expected
    (tmp_path / "other.csv.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + other.read_bytes()))
    assert printed(capsys, "fit", FORMULA, tmp_path / "other.csv.gz", "--separator", said) == expected
    model, _ = saved_model(tmp_path)
    assert printed(capsys, "predict", model, other, "--separator", said) == printed(capsys, "predict", model, births)
    assert main(["report", str(model), str(other), "--separator", said, "--output", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").is_file()


def test_commas_in_a_file_of_tabs(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "births.tsv"
    lk.datasets.load_lbw().to_csv(path, index=False)
    assert error_of(capsys, "fit", FORMULA, path).endswith("separated by ','. If so, use --separator ','.")
    assert "Odds ratio" in printed(capsys, "fit", FORMULA, path, "--separator", ",")


@pytest.mark.parametrize(
    ("name", "separator", "message"),
    [
        ("births.csv", "::", "is not one character"),
        ("births.csv", '"', "is not one character"),
        ("nothing.csv", ";", "There is no file"),
        ("births.parquet", ";", "A separator applies to text files"),
        ("ragged.csv", ";", "'ragged.csv', line 3: the row has 4 fields, the header 2 names."),
        ("comma.csv", ";", "Column 'age' holds numbers with a comma, such as '1,5'; write a decimal point."),
        ("latin.csv", ";", "'latin.csv' cannot be read with ';' between the columns: 'utf-8'"),
        ("cut.csv.gz", ";", "'cut.csv.gz' cannot be read with ';' between the columns"),
    ],
)
def test_a_separator_that_does_not_help(name: str, separator: str, message: str, here: Path, capsys: Capture) -> None:
    Path("births.parquet").write_bytes(b"PAR1")
    Path("ragged.csv").write_text("low;age\n0;1\n1;2;3;4\n", encoding="utf-8")
    Path("comma.csv").write_text("low;age\n0;1,5\n1;\n1;-0,25\n", encoding="utf-8")
    Path("latin.csv").write_bytes("low;größe\n0;1\n".encode("latin-1"))
    Path("cut.csv.gz").write_bytes(gzip.compress(Path("births.csv").read_bytes())[:300])
    assert message in error_of(capsys, "fit", "low ~ age", name, "--separator", separator)


def test_a_model_that_is_none(births: Path, capsys: Capture) -> None:
    assert "is not JSON" in error_of(capsys, "report", births, births)


@pytest.mark.parametrize("words", [[], ["fit"], ["fit", "y ~ x", "d.csv", "--weight-kind", "odd"], ["dance"]])
def test_bad_options_exit_with_two(words: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.usefixtures("figures_not_written")
def test_demo_says_what_it_did(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "loans.html"
    text = printed(capsys, "demo", "--output", page)
    assert page.read_text(encoding="utf-8").count("data:image/") >= 4
    assert str(page) in text
    for year in range(2007, 2011):
        assert re.search(rf"^FY{year} +[\d,]+ +0\.\d{{3}} ", text, flags=re.MULTILINE)
    assert "42,440 of 42,515" in text
    assert re.search(r"\b(nan|inf|None)\b", text) is None
    assert max(len(line) for line in text.splitlines() if str(page) not in line) <= 88


def test_the_demo_reads_the_table_right() -> None:
    """The prose takes its numbers from the fit: the same ones by hand."""
    from logitkit.cli.demo import FORMULA as DEMO
    from logitkit.cli.demo import demo, loan_table

    loans = loan_table(lk.datasets.load_sba_loans())
    training = loans[loans["approval_fy"] <= 2006]
    fit = lk.logit(DEMO, training)
    coef = fit.coef
    parts = demo("unused.html")
    reading = " ".join([next(parts) for _ in range(3)][2].split())
    used = training.dropna(subset=["sector", "new_business", "line_of_credit"])
    odds = used["default"].mean() / (1 - used["default"].mean())
    logit = fit.predict_logit(used) - coef["bank_out_of_state"] * used["bank_out_of_state"]
    without, everywhere = (np.mean(1.0 / (1.0 + np.exp(-logit - coef["bank_out_of_state"] * x))) for x in (0, 1))
    assert f"{100 * odds:.1f} defaults for every 100 loans" in reading
    assert f"averages {everywhere:.1%} where the column is set to 1 and {without:.1%} where it is set to 0" in reading
    # The mean over the loans as they are lies between: it has some of both in it.
    assert without < used["default"].mean() < everywhere
    assert f"has {np.exp(3 * coef['np.log2(gross_approved)']):.2f} times its odds" in reading
    assert f"odds are multiplied by {np.exp(0.1 * coef['guaranteed_share']):.2f} [" in reading


def test_help_loads_no_heavy_library() -> None:
    script = (
        "import contextlib, io, sys\nfrom logitkit.cli.command import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n    main(['--help'])\n"
        "print({'pandas', 'scipy', 'numba', 'formulaic', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_as_a_process() -> None:
    """The installed command: the version, a fit, and an error without a traceback."""
    command = Path(sys.executable).with_name("logitkit")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([command, *words], capture_output=True, text=True, check=False)

    assert run("--version").stdout == f"logitkit {lk.__version__}\n"
    good = run("fit", "low ~ age", str(dataset_path("lbw")))
    assert (good.returncode, good.stderr) == (0, "")
    assert "Odds ratio" in good.stdout
    bad = run("fit", "low ~ agee", str(dataset_path("lbw")))
    assert bad.returncode == 2
    assert bad.stdout == ""
    assert bad.stderr.startswith("logitkit: error: 'agee'")
    assert bad.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("formula", "event", "meant"),
    [
        ("I(low) ~ age", "0", "I(low) = 0 (against 1)"),
        ("I(low) ~ age", "1", "I(low) = 1 (against 0)"),
        ("(low > 0) ~ age", "false", "(low > 0) = False (against True)"),
        ("I(low + 0.5) ~ age", "0.50", "I(low + 0.5) = 0.5 (against 1.5)"),
        ("label.str.upper() ~ age", "LIGHT", "label.str.upper() = LIGHT (against NORMAL)"),
    ],
)
def test_the_event_of_an_expression(formula: str, event: str, meant: str, births: Path, capsys: Capture) -> None:
    assert meant in printed(capsys, "fit", formula, births, "--event", event)


def test_an_event_that_the_expression_never_gives(births: Path, capsys: Capture) -> None:
    assert "Its values are 0 and 1" in error_of(capsys, "fit", "I(low) ~ age", births, "--event", "2")
    assert "first count" in error_of(capsys, "fit", "cbind(low, age) ~ 1", births, "--event", "1")


def test_a_compressed_file_cut_short(births: Path, tmp_path: Path, capsys: Capture) -> None:
    whole = gzip.compress(births.read_bytes())
    for name, content in (("cut.csv.gz", whole[: len(whole) // 2]), ("spoilt.csv.gz", whole[:40] + b"0" * 200)):
        (tmp_path / name).write_bytes(content)
        assert f"{name}' cannot be read as .csv.gz" in error_of(capsys, "fit", FORMULA, tmp_path / name)


def test_predict_by_a_model_without_intervals_says_so(births: Path, tmp_path: Path, capsys: Capture) -> None:
    fit = lk.logit(FORMULA, pd.read_csv(births), penalty=lk.Lasso(0.02))
    model, scored = fit.save(tmp_path / "lasso.json"), tmp_path / "scored.csv"
    assert main(["predict", str(model), str(births)]) == 0
    out, err = capsys.readouterr()
    found = pd.read_csv(io.StringIO(out))
    assert list(found.columns) == ["row", "probability"]
    np.testing.assert_allclose(found["probability"], fit.predict(), rtol=EXACT)
    assert err.startswith("Without intervals. ")
    assert "The penalty chose the coefficients" in err
    assert err.count("\n") == 1
    assert main(["predict", str(model), str(births), "--output", str(scored)]) == 0
    assert scored.read_text(encoding="utf-8") == out
    capsys.readouterr()
    assert "The penalty chose" in error_of(capsys, "predict", model, births, "--level", "0.9")


def test_predict_by_a_ridge_has_intervals(births: Path, tmp_path: Path, capsys: Capture) -> None:
    fit = lk.logit(FORMULA, pd.read_csv(births), penalty=lk.Ridge(0.02))
    found = pd.read_csv(io.StringIO(printed(capsys, "predict", fit.save(tmp_path / "ridge.json"), births)))
    np.testing.assert_allclose(found["conf_low"], fit.predictions()["conf_low"], rtol=EXACT)
