"""Run a notebook as a reader would, and bring its numbers out."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

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
    "02-credit-default": """
        {
            "odd_share": odd_share.tolist(),
            "flag_auc": flag_auc,
            "formula": fit.formula,
            "coef": fit.coef.to_dict(),
            "auc": years["auc"].to_dict(),
            "predicted": years["predicted"].to_dict(),
            "observed": years["observed"].to_dict(),
            "infinite": first.coef[np.isinf(first.coef)].index.tolist(),
            "yearly": {str(year): row.to_dict() for year, row in yearly.coef[shown].iterrows()},
            "within": within.coef.to_dict(),
            "intercepts": within.absorbed.query("abs(intercept) < inf").set_index("level")["intercept"].to_dict(),
            "corrected": float(np.abs(within.bias_correction().corrected / within.coef - 1)["bank_out_of_state"]),
            "ratio": [float(fit.std_error[k] / clustered.std_error[k]) for k in ("franchise", "bank_out_of_state")],
            "files": [p.name for p in pathlib.Path().iterdir()],
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
        }""",
}

# What a bar of slow work leaves on standard error: it is no warning.
BAR = re.compile(r"[\w-]+(?: \w+)?: +(?:\d+%\||\d+it \[)[^\r\n]*")


def look_into(name: str, folder: Path, quick: bool = True) -> dict[str, Any]:
    """Run a notebook in a folder; return what its last cell saw, and the number of figures."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    look = f"import json, pathlib\nimport numpy as np\nprint(json.dumps({LOOK[name].strip()}))"
    notebook.cells.append(nbformat.v4.new_code_cell(look))
    # The kernel must choose its own back-end, as for a reader: Agg, which the other tests use, shows no figure.
    environment = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
    environment["LOGITKIT_NOTEBOOKS"] = "quick" if quick else "whole"
    client = NotebookClient(
        notebook, timeout=600 if quick else 3600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment)  # raises where a cell does
    texts = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    # A notebook that teaches must not show a warning of a library that it uses.
    errors = [BAR.sub("", o.text).strip() for o in texts if o.output_type == "stream" and o.name == "stderr"]
    assert not any(errors), errors
    found: dict[str, Any] = json.loads(notebook.cells[-1].outputs[-1].text)
    found["images"] = sum("image/png" in o.get("data", {}) for o in texts)
    return found
