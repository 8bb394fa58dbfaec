"""The document of a card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.options import require_text
from logitkit.results.cards.checked import Checked
from logitkit.results.cards.explained import Explained
from logitkit.results.cards.given_rows import weights_of_sample
from logitkit.results.cards.validated import CardBands, CardValidation, as_held
from logitkit.results.cards.watched import Watched
from logitkit.scorecard.manifest import Manifest
from logitkit.scorecard.own_rows import OwnRows
from logitkit.scorecard.validation.bands import bands_of
from logitkit.scorecard.validation.outcomes import ScoredRows
from logitkit.scorecard.validation.samples import validate_samples
from logitkit.scorecard.weighting import RowWeights, WeightMeaning
from logitkit.writing import writable_path, write_file

__all__ = ["Reported"]

OWN = "Development"  # what the rows of the card are called in its document


class Reported(Explained, Watched, Checked):
    """What a card gains: its document."""

    manifest: Manifest | None
    rows: OwnRows | None

    def report(
        self,
        path: str | Path,
        samples: Any = None,
        *,
        target: str | None = None,
        indeterminate: Any = (),
        weights: Any = None,
        weight_kind: WeightMeaning | None = None,
        title: str | None = None,
        source: str | None = None,
    ) -> Path:
        """Write the development document of the card: one self-contained HTML page, or a Word document.

        Parameters
        ----------
        path : str or Path
            File to write, ending in .html or .docx. An existing one is replaced in one step, and kept if writing fails.
        samples : table or mapping of str to table, optional
            Other rows, by name, such as those out of time: the card is validated there, and its stability is looked at.
        target : str, optional
            Their column of the outcome; that of the card by default.
        indeterminate : object or sequence, optional
            Their outcomes that are neither good nor bad.
        weights : str or mapping, optional
            Their weights: a column that all have, or by the name of the sample. The rows of the card have their own.
        weight_kind : {"frequency", "sampling"}, optional
            Whether weights count rows; whole numbers do by default.
        title : str, optional
            Title of the page.
        source : str, optional
            Where the rows come from.

        Returns
        -------
        Path
            The file written.

        Notes
        -----
        The rows of the development sample are known to a card that was just made. One that was loaded has left them
        behind: its document says so, and has the validation of other samples alone.
        """
        from logitkit.report.card_report import CardParts, card_report
        from logitkit.report.page import write_page
        from logitkit.report.word import render_word

        in_word = str(path).lower().endswith(".docx")
        file = writable_path(path, "Word document" if in_word else "report")
        require_text("title", title)
        require_text("source", source)
        given = _by_name(samples)
        scored = self._own_rows()
        rows = {} if scored is None else {OWN: scored}
        drifts = {}
        for name, table in given.items():
            if name == OWN:
                raise DataError(f"samples: {OWN!r} are the rows of the card. Call the sample by another name.")
            given_weights = weights_of_sample(weights, name)
            rows[name] = self._outcomes(table, target, indeterminate, given_weights, weight_kind).rows
            drifts[name] = self.stability(table, weights=given_weights, weight_kind=weight_kind)
        level = self.fit.record.level
        first = next(iter(rows.values()), None)
        cuts = (
            None if first is None else [float(cut) for cut in bands_of(first, self.card.scaling, 10, None, level).cuts]
        )
        parts = CardParts(
            self.card,
            self.fit.record,
            self.binnings,
            self.population,
            self.steps,
            self.manifest,
            validation=as_held(CardValidation, validate_samples(rows, level, 0)) if rows else None,
            bands={
                name: as_held(CardBands, bands_of(own, self.card.scaling, 10, cuts, level))
                for name, own in rows.items()
            },
            drifts=drifts,
            rounding=self.rounding() if scored is not None and self.card.scaling.rounded else None,
            tests=self._tests(),
            absent=self._absent() if scored is None else "",
            raster=in_word,
        )
        document = card_report(parts, title, source)
        return write_file(file, render_word(document), "Word document") if in_word else write_page(file, document)

    def _absent(self) -> str:
        """Return why the rows of the card are not validated."""
        if self.fit.design is None:
            return "loaded"
        return "inferred"

    def _own_rows(self) -> ScoredRows | None:
        """Return the scores of the rows of the card, with their weights; None where it does not have them."""
        own = self.rows
        if own is None:
            return None
        log_odds, points = np.full(own.bad.size, self.card.intercept), np.full(own.bad.size, self.card.base_points)
        for j, variable in enumerate(self.card.variables):
            log_odds += variable.logits[own.codes[:, j]]
            points += variable.points[own.codes[:, j]]
        safer = 1 if self.card.scaling.points_to_double > 0 else -1
        if (own.weights == 1).all():
            return ScoredRows(points, log_odds, own.bad, safer)
        weights, kept = RowWeights(own.weights, not own.count), own.weights > 0
        return ScoredRows(points, log_odds, own.bad, safer, weights=weights).among(kept)


def _by_name(samples: Any) -> dict[str, Any]:
    if samples is None:
        return {}
    if isinstance(samples, Mapping) and all(hasattr(part, "columns") for part in samples.values()):
        return {str(name): part for name, part in samples.items()}
    return {"New rows": samples}
