"""Run a notebook as a reader would, and bring its numbers out.

Whole, each notebook has a kernel of its own, as in Jupyter. In `make test` only the first has; the cells of the others
run in this process, with smaller data, which spares the start of a kernel and its imports.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import matplotlib.pyplot as plt
import nbformat
from matplotlib import rc_context
from nbclient import NotebookClient

from notebook_claims import CLAIMS

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

# Run behind the last cell of each notebook, to bring its numbers out.
LOOK = {
    "01-first-fit": """
        {
            "coef": fit.coef.to_dict(),
            "smoke": fit.odds_ratios().loc["smoke", "odds_ratio"],
            "lr": against_null.statistic,
            "race": race.statistic,
            "auc": ranking.auc,
            "probability": fit.predict(mothers).tolist(),
            "infinite": separated.coef[np.isinf(separated.coef)].index.tolist(),
            "replicates": resampled.replicates[:10].tolist(),
            "bias": (resampled.bias / fit.coef).min(),
            "spread": (resampled.std_error / fit.std_error).min(),
            "infinite_in": dict(zip(resampled.names, resampled.n_infinite.tolist())),
            "beside": beside.T.to_dict("list"),
            "files": [p.name for p in pathlib.Path().iterdir()],
        }""",
    "02-credit-scoring": """
        {
            "saved": np.savez(
                "saved.npz",
                bad=train["bad"],
                woe=evidence[list(card.card.names)],
                amount=train["gross_approved"],
                bad_test=test["bad"],
                points_test=card.score(test)["points"],
            ),
            "windows": windows.T.to_dict(),
            "looks_ahead": looks_ahead,
            "rates": rates.tolist(),
            "amount": {"cuts": amount.rule.cuts, "woe": amount.woe.tolist()},
            "values": values.T.to_dict(),
            "names": list(card.card.names),
            "coef": card.fit.coef.tolist(),
            "clustered": (clustered.std_error / card.fit.std_error).to_dict(),
            "ranks": checked.table()[["gini", "gini_high", "ks"]].T.to_dict(),
            "line": [out_of_time.line.slope, out_of_time.line.base_points],
            "cuts": out_of_time.cuts.tolist(),
            "bads": out_of_time.bad.tolist(),
            "monitor": monitor.rename(str).T.to_dict(),
            "alarms": alarms.to_dict(),
            "first": watched.first_alarms()[["measure", "name", "known_in"]].astype(str).to_numpy().tolist(),
            "autumn": float(autumn["bad"].mean() / everyone.loc[autumn.index, "probability"].mean()),
            "moved": card.stability(autumn, replicates=0).mean_points()["change"].to_dict(),
            "levels": levels.T.to_dict(),
            "inferred": {rule: values.to_dict() for rule, values in inferred.items()},
            "truth": truth,
            "query": [bool((by_query[name] == by_card[name]).all()) for name in ("points", "log_odds")],
            "refused": sorted(set(LEAKS) & set(VARIABLES)),
        }""",
    "03-penalised": """
        {
            "lasso": {"strength": cv.one_se_strength, "coef": fit.coef.to_dict()},
            "first_draw": np.flatnonzero(chosen[0]).tolist(),
            "probability": probability.tolist(),
            "net": {"strength": net_cv.one_se_strength, "coef": net.coef.to_dict()},
            "ridge": {"strength": ridge_cv.one_se_strength, "coef": [float(ridge.coef["Intercept"]), *ridge_coef]},
            "mean": [0.0, *mean],
            "train": np.flatnonzero(train).tolist(),
            "words": {"strength": word_cv.one_se_strength, "coef": sparing.coef.to_dict()},
            "judged": judged.T.to_dict(),
            "promised": promised.to_dict(),
            "group": {"strength": group_cv.best_strength, "coef": group_cv.best.coef.to_dict()},
        }""",
    "04-images": """
        {
            "saved": np.savez("saved.npz", coef=fit.coef, used=used, learn=learn, tune=tune, judge=judge),
            "strength": fit.record.penalty.strengths[0][1],
            "wrong": int(wrong.sum()),
            "log_loss": log_loss(P, judge),
            "T": found["T"]["chosen"],
            "at_T": found["log loss at T"]["chosen"],
        }""",
    "05-next-word": """
        {
            "saved": np.savez("saved.npz", coef=fit.coef, learn=learn, tune=tune, judge=judge, given=given),
            "vocabulary": vocabulary,
            "discounts": discounts,
            "spread": best,
            "log_loss": table["log loss"].to_dict(),
            "share": share,
            "T": T,
            "sampled": sampled.T.to_dict("list"),
        }""",
    "06-inference": """
        {
            "counts": pd.crosstab(patients["arm"], patients["outcome"]).to_numpy().tolist(),
            "raw": raw.to_frame().set_index("quantity")[["estimate", "conf_low", "conf_high"]].T.to_dict("list"),
            "marginal": marginal[["estimate", "std_error"]].T.to_dict("list"),
            "three": three.to_numpy(dtype=float).tolist(),
            "rare": rare.to_numpy(dtype=float).tolist(),
            "coef": adjusted.coef.tolist(),
            "std_error": adjusted.std_error.tolist(),
            "both": both.to_numpy(dtype=float).tolist(),
            "covariances": covariances.to_numpy(dtype=float).tolist(),
            "spread": [given.to_frame()["std_error"].item(), sampled.to_frame()["std_error"].item()],
            "interaction": [by_sod.test("b2 = b1").p_value, float(interacting.tidy()["p_value"].iloc[-1])],
            "published": published["Estimate"].astype(float).tolist(),
        }""",
    "07-believe-it": """
        {
            "coef": fit.coef.tolist(),
            "p_values": dict(zip([each.name for each in panel.tests], [each.p_value for each in panel.tests])),
            "fragile": [len(fragile.rows), str(fragile)],
            "corrected": [validated.of("c"), validated.of("slope")],
            "table": table.to_text(),
            "marks": [text.get_text() for text in forest.get_legend().get_texts()],
            "scales": [text.get_text() for text in nomogram.texts],
            "numbers": numbers,
        }""",
    "07-german-credit": """
        {
            "points": card.score(loans)["points"].tolist(),
            "probability": card.score(loans)["probability"].tolist(),
            "names": list(card.card.names),
            "blind": blind.table()[["approval_rate", "impact_ratio", "opportunity", "calibration"]].T.to_dict(),
            "with_age": with_age.table()[["approval_rate", "impact_ratio", "opportunity", "calibration"]].T.to_dict(),
            "parts": parts["change"].to_dict(),
            "ginis": ginis,
        }""",
    "09-larger-than-memory": """
        {
            "coef": fit.coef.to_dict(),
            "gaps": [gap, gap_of_errors],
            "asked": asked,
            "errors": errors.to_dict("list"),
            "wider": wider.median(),
            "auc": ranking.auc,
            "scores": scores["probability"].fillna(-1.0).tolist(),
            "beside": beside,
            "files": len(files),
        }""",
    "10-network": """
        {
            "losses": table["log loss"].to_dict(),
            "wrong": table["wrong"].to_dict(),
            "ece": {**table["ECE"].to_dict(), "chance": before.chance},
            "p_values": table["p-value"].to_dict(),
            "temperature": [low, cooled.temperature, high],
            "beta": list(beta.values()),
            "judged": {m: [j.coverage, *j.expected, sizes[m].mean(), int(sizes[m].max())] for m, j in judged.items()},
            "risk": [curve.risk[-1], answered[1]],
            "town": town.tolist(),
            "shift": shift.priors.tolist(),
            "limits": [shift.low[1], shift.high[1]],
            "shift_loss": shift_loss,
            "shift_wrong": wrong,
        }""",
    "11-detection": """
        {
            "saved": np.savez(
                "saved.npz",
                rows=rows,
                outcome=outcome,
                coef=fit.coef,
                of_digits=of_digits,
                targets=targets,
                places=places,
                sides=sides,
                **{f"boxes_{k}": found[k].boxes for k in range(10)},
                **{f"scores_{k}": found[k].scores for k in range(10)},
                **{f"classes_{k}": found[k].classes for k in range(10)},
                **{f"truth_{k}": to_judge[k][1] for k in range(10)},
                **{f"names_{k}": to_judge[k][2] for k in range(10)},
                **{f"kept_{k}": found[k].above(0.01).kept(OVERLAP).scores for k in range(10)},
            ),
            "read_wrongly": np.mean(
                np.concatenate(
                    [
                        overlaps(best.boxes, boxes).max(axis=1)[~matched(best, boxes, names)] >= 0.5
                        for (_, boxes, names, _), best in zip(
                            to_judge, (each.above(SHOWN).kept(OVERLAP) for each in found)
                        )
                    ]
                )
            ),
            "overlap": OVERLAP,
            "shown": SHOWN,
            "overlaps": precisions.to_dict(),
            "strength": fit.record.penalty.strengths[0][1],
            "scenes": [
                [len(best), int(matched(best, *to_judge[k][1:3]).sum())]
                for k, best in enumerate(found[k].above(0.01).kept(OVERLAP) for k in range(10))
            ],
            "table": table.T.to_dict(),
            "sure": sure.to_numpy().tolist(),
        }""",
    "12-off-policy": """
        {
            "values": {name: [v.value, v.std_error, *v.logit_interval] for name, v in [*values.items(), ("own", own)]},
            "sizes": [snips.effective_size, snips.rewarded_size, snips.mean_weight, float(snips.largest_weights[0])],
            "concerns": len(snips.concerns),
            "covered": {name: count / N_LOGS for name, count in covered.items()},
            "below": below / N_LOGS,
            "ranked": ranked,
            "queries": learnt.n_queries,
            "scores": scores.tolist(),
        }""",
    "13-updating": """
        {
            "rates": {site: row.tolist() for site, row in zip(rates.index, rates.to_numpy())},
            "chosen": updated.chosen,
            "loglik": updated.ladder.loglik.tolist(),
            "p_value": updated.ladder.p_value.tolist(),
            "held_out": updated.to_frame()[["log_loss", "brier", "c"]].to_dict("list"),
            "often": how_often.to_dict(),
            "strength": strength.chosen,
            "prior": float(held.ladder.held_out[-1, 0]),
            "coefs": side_by_side.to_dict("list"),
            "extension": [float(table.loc["extension", "p_value"]), float(table.loc["extension", "log_loss"])],
            "risks": risks.to_numpy().tolist(),
        }""",
    "14-mini-batches": """
        {
            "saved": np.savez("saved.npz", X=X.toarray(), y=y),
            "ridge": RIDGE,
            "optimum": optimum,
            "excess": excess.to_dict(),
            "losses": losses,
        }""",
    "15-comparison": """
        {
            "steps": {"statistic": comparison.statistic.tolist(), "p_value": comparison.p_value.tolist()},
            "aic": comparison.aic.tolist(),
            "bic": comparison.bic.tolist(),
            "terms": dict(zip(terms.labels, terms.statistic.tolist())),
            "rivals": [float(np.max(rivals.variance_p)), float(rivals.statistic[0])],
            "odds_ratios": by_odds.query("variable == 'Records'")["odds_ratio"].tolist(),
            "on_odds": [float(on_odds.statistic[1]), float(on_odds.p_value[1])],
            "risks": by_risk.to_frame()["estimate"].tolist(),
            "on_risk": on_risk.to_frame()
            .iloc[2][["estimate", "std_error", "conf_low", "conf_high", "p_value"]]
            .tolist(),
            "income_on_odds": float(income_on_odds.statistic[1]),
            "income_ratios": ratios.query("variable == 'Records'")["odds_ratio"].tolist(),
            "linearity": [float(linearity.statistic[1]), int(linearity.dof[1])],
            "steps_of_income": steps.query("variable == 'Income'")["odds_ratio"].tolist(),
            "knots": aic,
            "remaining": [float(remaining.statistic[1]), float(remaining.p_value[1])],
            "held_out": held_out["mean"].to_dict(),
        }""",
    "16-several-outcomes": """
        {
            "coef": fit.coef.to_numpy().tolist(),
            "ratios": [float(np.exp(fit.coef.loc["Marital[T.single]", home])) for home in ("parents", "owner")],
            "effects": effects.to_frame()[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float).tolist(),
            "terms": dict(zip(terms.labels, terms.statistic.tolist())),
            "pairs": np.asarray(pairs.statistic).tolist(),
            "ages": float(fit.coef.loc["Age", "parents"] - fit.coef.loc["Age", "owner"]),
            "areas": fit.discrimination().to_frame().astype(str).to_dict("list"),
            "ordered": ordered.coef.tolist(),
            "proportional": {
                label: [float(proportional.statistic[k]), float(proportional.p_value[k])]
                for k, label in enumerate(proportional.labels)
            },
            "partial": partial.odds_ratios(units={"age": 10}).xs("age", level="term")["odds_ratio"].tolist(),
            "table": table.to_dict(),
            "at_22": at_22.to_dict(),
            "young": calibration.to_dict("list"),
        }""",
    "17-estimators": """
        {
            "apart": apart,
            "coef": formula.fit_.coef.to_dict(),
            "test": X_test.index.tolist(),
            "scores": scores.mean().to_dict(),
            "chosen": chosen.T.to_dict(),
            "faster": seconds["grid"] / seconds["path"],
            "calibrated": calibrated.T.to_dict(),
            "weights": np.asarray(stack.pool_.weights).tolist(),
            "stacked": stacked.T.to_dict(),
            "passed": passed.to_dict(),
        }""",
}

# Sizes that a reader sees and that `make test` need not wait for: the words of the notebook hold of these as well.
LESS = {
    "01-first-fit": {"fit.bootstrap(1999, seed=1)": "fit.bootstrap(499, seed=1)"},
    "03-penalised": {
        'folds=lk.Folds(10, seed=1), measure="auc"': 'folds=lk.Folds(2, seed=1), measure="auc"',
        "folds=lk.Folds(10, seed=1), n_strengths=50": "folds=lk.Folds(3, seed=1), n_strengths=20",
        "folds=lk.Folds(10, seed=1),\n)\nridge": "folds=lk.Folds(4, seed=1),\n    n_strengths=40,\n)\nridge",
        "seed=1),\n    n_strengths=20 if QUICK else 40,": "seed=1),\n    n_strengths=15,",
        "folds=lk.Folds(4 if QUICK else 10, seed=1)": "folds=lk.Folds(3, seed=1), n_strengths=20",
    },
}

# What a bar of slow work leaves on standard error: it is no warning.
BAR = re.compile(r"[\w-]+(?: \w+)?: +(?:\d+%\||\d+it \[)[^\r\n]*")


def look_into(name: str, folder: Path, quick: bool = True) -> dict[str, Any]:
    """Run a notebook in a folder; return what its last cell saw, and the number of figures."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    cells = with_claims(name, cells)
    if quick:
        cells = made_smaller(name, cells)
    cells.append(f"import json, pathlib\nimport numpy as np\nprint(json.dumps({LOOK[name].strip()}))")
    in_a_kernel = not quick or name == NOTEBOOKS[0].stem
    images, printed, errors = (run_in_a_kernel if in_a_kernel else run_here)(cells, folder, quick)
    # A notebook that teaches must not show a warning of a library that it uses.
    errors = [text for text in (BAR.sub("", error).strip() for error in errors) if text]
    assert not errors, errors
    found: dict[str, Any] = json.loads(printed)
    found["images"] = images
    return found


def with_claims(name: str, cells: list[str]) -> list[str]:
    """The cells, and behind each what it must have found; the line that names a cell stands in that cell alone."""
    claims: dict[int, list[str]] = {}
    for line, claim in CLAIMS.get(name, []):
        (at,) = (k for k, cell in enumerate(cells) if line in cell)
        claims.setdefault(at, []).append(claim)
    return [each for k, cell in enumerate(cells) for each in (cell, *claims.get(k, []))]


def made_smaller(name: str, cells: list[str]) -> list[str]:
    """The cells with the sizes of LESS, each of which stands in one cell, once."""
    for whole, less in LESS.get(name, {}).items():
        assert sum(cell.count(whole) for cell in cells) == 1, whole
        cells = [cell.replace(whole, less) for cell in cells]
    return cells


def run_in_a_kernel(cells: list[str], folder: Path, quick: bool) -> tuple[int, str, list[str]]:
    """The number of figures, what the last cell printed, and what went to standard error."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    # The kernel must choose its own back-end, as for a reader: Agg, which the other tests use, shows no figure.
    environment = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
    environment["LOGITKIT_NOTEBOOKS"] = "quick" if quick else "whole"
    client = NotebookClient(
        notebook, timeout=600 if quick else 3600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment)  # raises where a cell does
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    errors = [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    images = sum("image/png" in output.get("data", {}) for output in outputs)
    return images, str(notebook.cells[-1].outputs[-1].text), errors


def run_here(cells: list[str], folder: Path, quick: bool) -> tuple[int, str, list[str]]:
    """The same in this process, where a warning is an error; a cell shows its last expression and its figures."""
    names: dict[str, Any] = {"__name__": "__main__"}
    images, printed, error = 0, io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.chdir(folder))
        stack.enter_context(patch.dict(os.environ, LOGITKIT_NOTEBOOKS="quick" if quick else "whole"))
        stack.enter_context(rc_context())
        stack.enter_context(contextlib.redirect_stderr(error))
        for number, cell in enumerate(cells, start=1):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                run_cell(cell, f"cell {number}", names)
            for figure in plt.get_fignums():
                plt.figure(figure).savefig(io.BytesIO(), format="png", bbox_inches="tight")
                images += 1
            plt.close("all")
    return images, printed.getvalue(), [error.getvalue()]


def run_cell(cell: str, file: str, names: dict[str, Any]) -> None:
    """Run a cell among the names of the notebook, and make what Jupyter would show of its last expression."""
    tree = ast.parse(cell, file)
    shown = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) and not cell.rstrip().endswith(";") else None
    exec(compile(tree, file, "exec", dont_inherit=True), names)
    if isinstance(shown, ast.Expr):
        value = eval(compile(ast.Expression(shown.value), file, "eval", dont_inherit=True), names)
        as_html = getattr(value, "_repr_html_", None)
        assert value is None or repr(value)
        assert as_html is None or as_html()
