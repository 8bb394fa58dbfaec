"""The notebooks and the README's example run, and their key numbers agree with computations of another kind."""

from __future__ import annotations

import re
import tomllib
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from matplotlib.text import Text
from numpy.testing import assert_allclose
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

import logitkit as lk
from logitkit.datasets import load_khan_srbct, load_lbw, load_womens_reviews
from notebook_runs import FOLDER, LOOK, NOTEBOOKS, look_into, run_here
from tolerances import EXACT, REFERENCE


def auc(y: Any, score: Any) -> float:
    """The Mann-Whitney statistic as a share of all pairs, from midranks."""
    event = np.asarray(y) == 1
    ranks = pd.Series(np.asarray(score)).rank().to_numpy()
    above = ranks[event].sum() - event.sum() * (event.sum() + 1) / 2
    return float(above / (event.sum() * (~event).sum()))


@pytest.fixture(scope="module", params=[True, pytest.param(False, marks=pytest.mark.slow)], ids=["quick", "whole"])
def seen(request: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The notebooks of two outcomes, each run in a folder of its own; what its last cell saw, by name."""
    names = ["01-first-fit", "03-penalised"]
    return {name: look_into(name, tmp_path_factory.mktemp(name), request.param) for name in names}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_output(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert cells
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_show_and_do_not_check(path: Path) -> None:
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert not [line for cell in cells for line in cell.splitlines() if line.strip().startswith("assert ")]


def test_there_is_a_look_into_every_notebook() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(LOOK)


def test_first_fit_agrees_with_statsmodels_and_stata(seen: dict[str, dict[str, Any]]) -> None:
    found = seen["01-first-fit"]
    births = load_lbw()
    columns = {"Intercept": np.ones(len(births)), "age": births["age"], "lwt": births["lwt"]}
    columns |= {f"race[T.{g}]": (births["race"] == g).astype(float) for g in ("black", "other")}
    X = pd.DataFrame(columns | {name: births[name] for name in ("smoke", "ptl", "ht", "ui")})
    fit = sm.Logit(births["low"], X).fit(disp=0, method="newton", tol=1e-14)
    assert list(found["coef"]) == list(X)
    assert_allclose(list(found["coef"].values()), fit.params, rtol=REFERENCE)
    assert_allclose(found["lr"], fit.llr, rtol=REFERENCE)
    assert_allclose(found["auc"], auc(births["low"], fit.predict(X)), rtol=EXACT)
    wald = fit.wald_test(np.eye(9)[3:5], scalar=True)
    assert_allclose(found["race"], wald.statistic, rtol=REFERENCE)
    mother = fit.params @ [1, 25, 130, 0, 0, 0, 0, 0, 0]
    assert_allclose(found["probability"][0], 1 / (1 + np.exp(-mother)), rtol=REFERENCE)
    # Stata Base Reference Manual, [R] logistic, example 1, as printed.
    assert round(found["smoke"], 6) == 2.517698
    assert round(found["lr"], 2) == 33.22


def test_first_fit_shows_separation_and_writes_its_files(seen: dict[str, dict[str, Any]]) -> None:
    found = seen["01-first-fit"]
    young = load_lbw().query("age < 20")
    assert young.loc[young["ptl"] > 0, "low"].eq(1).all()
    assert found["infinite"] == ["ptl"]
    assert {"births.json", "births.html"} <= set(found["files"])
    assert found["images"] == 4


def test_first_fit_draws_births_as_statsmodels_fits_them_and_its_words_hold(seen: dict[str, dict[str, Any]]) -> None:
    found = seen["01-first-fit"]
    births = load_lbw()
    columns = {"Intercept": np.ones(len(births)), "age": births["age"], "lwt": births["lwt"]}
    columns |= {f"race[T.{g}]": (births["race"] == g).astype(float) for g in ("black", "other")}
    X = pd.DataFrame(columns | {name: births[name] for name in ("smoke", "ptl", "ht", "ui")}).to_numpy()
    for child, replicate in zip(np.random.SeedSequence(1).spawn(10), found["replicates"], strict=True):
        rows = np.random.Generator(np.random.PCG64(child)).integers(0, 189, 189)
        fit = sm.Logit(births["low"].to_numpy()[rows], X[rows]).fit(disp=0, method="newton", tol=1e-14)
        assert_allclose(replicate, fit.params, rtol=REFERENCE)
    assert found["bias"] > 0
    assert found["spread"] > 1
    assert births["ht"].sum() == 12
    assert 0 < found["infinite_in"].pop("ht") < 40
    assert set(found["infinite_in"].values()) == {0}
    for name, (low, high, bootstrap_low, bootstrap_high) in found["beside"].items():
        decided, still = low * high > 0, bootstrap_low * bootstrap_high > 0
        assert decided == (name in {"lwt", "race[T.black]", "race[T.other]", "smoke", "ht"})
        assert still == (name in {"race[T.black]", "smoke", "ht"})


def pull(X: Any, y: Any, coef: Any) -> Any:
    """Each column's mean product with the residuals, columns standardised: what a penalty has to balance."""
    X = np.asarray(X, dtype=float)
    residual = y - 1 / (1 + np.exp(-X @ np.asarray(coef)))
    scale = X.std(axis=0)
    return X.T @ residual / len(X) / np.where(scale == 0, 1, scale)


def assert_elastic_net(X: Any, y: Any, found: dict[str, Any], l1_ratio: float = 1.0) -> None:
    """Check the optimality conditions (the intercept first); a gap of 1e-12 leaves gradients within its root, 1e-6."""
    coef = np.array(list(found["coef"].values()))
    strength, b = found["strength"], (coef * np.asarray(X, dtype=float).std(axis=0))[1:]
    gradient = pull(X, y, coef)
    left = gradient[1:] - strength * (1 - l1_ratio) * b
    assert abs(gradient[0]) < 1e-6
    assert_allclose(left[b != 0], strength * l1_ratio * np.sign(b[b != 0]), atol=1e-6)
    assert np.abs(left[b == 0]).max() < strength * l1_ratio + 1e-6


def test_genes_are_chosen_as_the_optimality_conditions_say(seen: dict[str, dict[str, Any]]) -> None:
    found = seen["03-penalised"]
    tumours = load_khan_srbct()
    train = (tumours["split"] == "train").to_numpy()
    genes = np.column_stack([np.ones(len(tumours)), tumours.filter(like="gene_")])
    y = (tumours["tumour"] == "EWS").to_numpy(dtype=float)
    X, outcome = genes[train], y[train]
    assert_elastic_net(X, outcome, found["lasso"])
    assert_elastic_net(X, outcome, found["net"], l1_ratio=0.2)
    eta = genes[~train] @ list(found["lasso"]["coef"].values())
    assert_allclose(found["probability"], 1 / (1 + np.exp(-eta)), rtol=EXACT)
    # The ridge was found on 62 directions; it solves the equations of all genes.
    b = np.array(found["ridge"]["coef"])[1:] * X[:, 1:].std(axis=0)
    coef = np.array(found["ridge"]["coef"])
    coef[0] -= coef[1:] @ found["mean"][1:]
    gradient = pull(X, outcome, coef)
    assert abs(gradient[0]) < 1e-6
    assert_allclose(gradient[1:], found["ridge"]["strength"] * b, atol=1e-6)


def test_a_draw_of_tumours_chooses_what_liblinear_chooses(seen: dict[str, dict[str, Any]]) -> None:
    found = seen["03-penalised"]
    tumours = load_khan_srbct().query("split == 'train'")
    rows = np.random.default_rng(1).integers(0, 63, 63)
    X = tumours.filter(like="gene_").to_numpy()[rows]
    y = (tumours["tumour"] == "EWS").to_numpy()[rows]
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    # The intercept of liblinear is penalised, like a column of this size: the larger, the less.
    peer = LogisticRegression(
        l1_ratio=1.0, solver="liblinear", C=1 / (63 * found["lasso"]["strength"]), intercept_scaling=1e3, tol=1e-8
    ).fit(Z, y)
    assert np.flatnonzero(peer.coef_[0]).tolist() == found["first_draw"]


def test_words_of_reviews_agree_with_scikit_learn_and_statsmodels(seen: dict[str, dict[str, Any]]) -> None:
    found = seen["03-penalised"]
    reviews = load_womens_reviews()
    counter = CountVectorizer(token_pattern=r"[a-z]+(?:'[a-z]+)?", min_df=20, binary=True)
    words = counter.fit_transform(reviews["text"])
    coef = found["words"]["coef"]
    assert list(coef) == ["Intercept", *counter.get_feature_names_out()]
    X = np.column_stack([np.ones(len(reviews)), words.toarray()])
    y = reviews["recommended"].to_numpy()
    train = np.isin(np.arange(len(reviews)), found["train"])
    assert train.sum() == 4_000
    assert_elastic_net(X[train], y[train], found["words"])
    eta = X[~train] @ np.array(list(coef.values()))
    again = sm.Logit(y[~train], sm.add_constant(eta)).fit(disp=0, method="newton", tol=1e-14)
    judged = found["judged"]["one standard error"]
    assert_allclose(judged["slope"], again.params[1], rtol=REFERENCE)
    assert_allclose(judged["auc"], auc(y[~train], eta), rtol=EXACT)
    deviance = 2 * np.mean(np.log1p(np.exp(-np.where(y[~train] == 1, eta, -eta))))
    assert_allclose(judged["mean deviance"], deviance, rtol=REFERENCE)
    assert found["promised"]["adaptive"] < found["promised"]["best"]


def test_race_stays_whole_and_kept_columns_are_not_penalised(seen: dict[str, dict[str, Any]]) -> None:
    found = seen["03-penalised"]["group"]
    births = load_lbw()
    columns = {"Intercept": np.ones(len(births))} | {name: births[name] for name in ("age", "smoke", "lwt")}
    columns |= {f"race[T.{g}]": (births["race"] == g).astype(float) for g in ("black", "other")}
    X = pd.DataFrame(columns | {name: births[name] for name in ("ptl", "ht", "ui", "ftv")}).astype(float)
    coef = pd.Series(found["coef"])[list(X)]
    gradient = pd.Series(pull(X, births["low"].to_numpy(), coef), list(X))
    assert gradient[["Intercept", "age", "smoke"]].abs().max() < 1e-6
    # Yuan and Lin (2006), equation 2.2, with the factor root of the size.
    b = (coef * X.std(ddof=0)).filter(like="race")
    assert (b != 0).all()
    assert_allclose(gradient[b.index], found["strength"] * np.sqrt(2) * b / np.linalg.norm(b), atol=1e-6)
    assert seen["03-penalised"]["images"] == 7


def test_readme_shows_what_its_example_prints(tmp_path: Path) -> None:
    text = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(?P<code>.*?)```\n\n```text\n(?P<shown>.*?)```", text, flags=re.DOTALL)
    assert found is not None
    _, printed, errors = run_here([found["code"]], tmp_path, quick=True)
    assert printed == found["shown"]
    assert errors == [""]


def test_the_version_is_that_of_the_citation_and_the_metadata() -> None:
    root = FOLDER.parent
    assert f"version: {lk.__version__}\n" in (root / "CITATION.cff").read_text(encoding="utf-8")
    assert f'version = "{lk.__version__}"\n' in (root / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version: "{lk.__version__}"\n' in (root / "docs/conda-forge/recipe.yaml").read_text(encoding="utf-8")


def test_the_recipe_of_conda_asks_for_what_the_metadata_ask_for() -> None:
    metadata = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    recipe = (FOLDER.parent / "docs/conda-forge/recipe.yaml").read_text(encoding="utf-8")
    needed = {re.sub(r" *([<>=])", r" \1", line, count=1) for line in metadata}
    run = set(re.findall(r"^    - (\S+ [<>=]\S+)$", recipe.split("  run:\n")[1].split("tests:")[0], flags=re.MULTILINE))
    assert {each.replace("matplotlib-base", "matplotlib") for each in run} == needed | {"python >=3.11"}


def test_the_picture_of_the_readme_is_that_of_its_fit() -> None:
    """Every number and word of the picture is that of the figure drawn today."""
    fit = lk.logit("low ~ age + lwt + race + smoke", lk.datasets.load_lbw())
    figure = fit.plot.forest().figure
    figure.canvas.draw()  # ticks get their labels
    drawn = {text.get_text().strip() for text in figure.findobj(Text)}
    picture = (FOLDER.parent / "docs/_static/forest.svg").read_text(encoding="utf-8")
    shown = {unescape(text).strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", picture)}
    assert {"3.425", "1.243 to 9.438", "smoke"} < shown <= drawn
