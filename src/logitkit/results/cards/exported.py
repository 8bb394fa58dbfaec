"""What a scorecard is written as: other languages for production, and a file that loads again."""

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
    """A scorecard that is written."""

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
        """Write the card in another language, with the same points and log odds to the last bit.

        Parameters
        ----------
        kind : {"sql", "python", "json", "onnx", "pmml"}
            One query; a module without imports from outside the standard library, with a function ``score``; bins and
            what they add as data; a graph in double precision (needs the package onnx); or a scorecard of PMML 4.4.
        path : str or Path, optional
            File to write; replaced in one step where it exists.
        dialect : {"sqlite", "duckdb", "postgresql", "spark"}, optional
            The database, of "sql".
        table : str, default "applicants"
            What the query selects from, of "sql", as it is to stand there.
        keys : sequence of str, optional
            Columns of the table that the result of "sql" has too.

        Returns
        -------
        str, bytes or Path
            The text, of "onnx" the bytes; or the file written.

        Raises
        ------
        DataError
            If the kind or the dialect is not known, or if keys are columns that the query makes.
        UnsupportedError
            If levels are neither text, numbers nor booleans; of "onnx" and "pmml" also if they are of two types; of
            "onnx" also if the package is not installed.

        Notes
        -----
        NULL, None and nan are missing; of text in "onnx", which has no such value, the empty string is. What the card
        refuses is NULL in SQL, nan in ONNX, no result in PMML, and an error in Python.

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
        """Write the scorecard as plain versioned JSON, without any row of the data; ``lk.load`` reads it back.

        Parameters
        ----------
        path : str or Path
            File to write. An existing file is replaced in one step, and kept if writing fails.

        Returns
        -------
        Path
            The file written: card, bins with their counts and trail, population, selection, and the fit.

        Raises
        ------
        DataError
            If levels are neither text, numbers nor booleans.
        UnsupportedError
            If a coefficient is not finite.

        Notes
        -----
        Of each variable the file holds the levels, and the ends of the pre-bins with the values next below them. The
        bins of the rows stay behind, one number per row and variable: what needs them (rounding, intervals with
        ``woe="estimated"``) asks for the card as it was made.

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
