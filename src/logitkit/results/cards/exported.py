"""The export of a scorecard to other languages for production, and to a file that can be loaded again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from logitkit.results.cards.binned import BinnedVariable
from logitkit.results.fit import Fit
from logitkit.results.foreign import verbs_in_our_words
from logitkit.scorecard.card import Card
from logitkit.scorecard.changes import CardChange
from logitkit.scorecard.export.kinds import exported
from logitkit.scorecard.manifest import Manifest
from logitkit.scorecard.monitoring.counted import Development
from logitkit.scorecard.population import Population
from logitkit.scorecard.saved.file import SavedCard, save_card
from logitkit.scorecard.selection import SelectionStep
from logitkit.writing import as_path, write_file

__all__ = ["Exported"]


@verbs_in_our_words
class Exported:
    """Methods that export and save a card."""

    card: Card
    fit: Fit
    binnings: Mapping[str, BinnedVariable]
    population: Population
    steps: tuple[SelectionStep, ...]
    development: Development | None
    manifest: Manifest | None
    changes: tuple[CardChange, ...]

    def export(
        self,
        kind: str,
        path: str | Path | None = None,
        *,
        dialect: str | None = None,
        table: str = "applicants",
        keys: Sequence[str] = (),
    ) -> str | bytes | Path:
        """Write the card in another language, with points and log odds equal to the last bit.

        Parameters
        ----------
        kind : {"sql", "python", "json", "onnx", "pmml"}
            A query; a module with a function ``score`` that needs only the standard library; the bins and their points
            as data; a graph in double precision (needs the package onnx); or a PMML 4.4 scorecard.
        path : str or Path, optional
            File to write; an existing file is replaced in one step.
        dialect : {"sqlite", "duckdb", "postgresql", "spark"}, optional
            For "sql": the database.
        table : str, default "applicants"
            For "sql": the table that the query selects from, written as in the query.
        keys : sequence of str, optional
            For "sql": columns of the table that the result also contains.

        Returns
        -------
        str, bytes or Path
            The text, or the bytes for "onnx"; with a path, the file written.

        Raises
        ------
        DataError
            If the kind or the dialect is unknown, or if a key has the name of a column that the query computes.
        UnsupportedError
            If levels are neither text, numbers nor booleans; for "onnx" and "pmml" also if they are of two types; for
            "onnx" also if the package is not installed.

        Notes
        -----
        NULL, None and nan are missing values. ONNX has no missing text, so there the empty string is missing. A value
        that the card refuses gives NULL in SQL, nan in ONNX, no result in PMML and an error in Python.

        Examples
        --------
        >>> import logitkit as lk
        >>> loans = lk.datasets.load_german_credit()
        >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
        >>> module = {}
        >>> exec(card.export("python"), module)
        >>> points, _, _ = module["score"]({"checking_status": "no checking", "duration": 12})
        >>> row = {"checking_status": ["no checking"], "duration": [12]}
        >>> points, float(card.score(row)["points"].iloc[0])
        (554.0, 554.0)
        """
        written = exported(self.card, kind, dialect, table, keys)
        return written if path is None else write_file(as_path(path, "export"), written, "export")

    def save(self, path: str | Path) -> Path:
        """Write the scorecard as plain versioned JSON, without data; ``lk.load`` reads the file.

        Parameters
        ----------
        path : str or Path
            File to write. An existing file is replaced in one step; if writing fails, it is kept.

        Returns
        -------
        Path
            The file written. It has the card, the bins with their counts and edits, the population, the selection and
            the fit.

        Raises
        ------
        DataError
            If levels are neither text, numbers nor booleans.
        UnsupportedError
            If a coefficient is not finite.

        Notes
        -----
        For each variable the file has the levels, and the ends of the pre-bins with the largest values below them. It
        does not have the bin of each row, so methods that need it (rounding, intervals with ``woe="estimated"``) work
        only on the card before it was saved.

        Examples
        --------
        >>> import tempfile, os
        >>> import logitkit as lk
        >>> loans = lk.datasets.load_german_credit()
        >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
        >>> loaded = lk.load(card.save(os.path.join(tempfile.mkdtemp(), "card.json")))
        >>> loaded.score(loans)["points"].head(3).tolist(), card.score(loans)["points"].head(3).tolist()
        ([525.0, 468.0, 554.0], [525.0, 468.0, 554.0])
        """
        own = (self.binnings, self.population, self.steps, self.development, self.manifest, self.changes)
        return save_card(SavedCard(self.card, self.fit.record, *own), path)
