"""The stored fits of ordered outcomes, as a formula and a table of counts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from references.load import load_table
from references.test_ordinal_agree import table_of

STORED: dict[str, dict[str, Any]] = {
    f"{kind}-{name}": fit
    for kind in ("cumulative", "adjacent")
    for name, fit in load_table(f"ordinal/{kind}")["fits"].items()
}
BASES = {
    "Infl": ["Low", "High", "Medium"],
    "Type": ["Tower", "Apartment", "Atrium", "Terrace"],
    "Cont": ["Low", "High"],
    "additive": ["d", "a", "b", "c"],
}


def counted(table: str) -> tuple[pd.DataFrame, str]:
    """A table with a column of counts per outcome, and the left side that reads them."""
    frame, counts = table_of(table)
    frame = frame.assign(**{f"y{k}": values for k, values in enumerate(counts)})
    for column, levels in BASES.items():
        if column in frame:
            frame[column] = pd.Categorical(frame[column], categories=levels)
    return frame, f"cbind({', '.join(f'y{k}' for k in range(len(counts)))})"


def terms(text: str | None) -> str | None:
    """Terms as R has them, in which the first level of a factor is its base here."""
    if text is None:
        return None
    for column, levels in BASES.items():
        text = text.replace(f"C({column}, contr.treatment('{levels[0]}'))", column)
    return text


def stored_call(fit: dict[str, Any]) -> tuple[str, pd.DataFrame, dict[str, Any]]:
    """The formula, the table and the arguments of a stored fit."""
    frame, left = counted(fit["table"])
    right = " + ".join(part for part in (terms(fit["formula"]), terms(fit["nominal"])) if part and part != "1")
    options = {"model": fit["model"], "link": fit["link"], "nominal": terms(fit["nominal"])}
    return f"{left} ~ {right}", frame, options
