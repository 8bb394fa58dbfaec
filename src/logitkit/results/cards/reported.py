"""The document of a card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from logitkit.errors import DataError
from logitkit.options import require_text
from logitkit.results.cards.checked import Checked
from logitkit.results.cards.explained import Explained
from logitkit.results.cards.gathered import OWN, Samples, evidence_of, require_development, samples_by_name
from logitkit.results.cards.named_samples import in_sample
from logitkit.results.cards.validated import CardBands, CardValidation, as_held
from logitkit.results.cards.watched import Watched
from logitkit.results.foreign import verbs_in_our_words
from logitkit.scorecard.changes import CardChange
from logitkit.scorecard.evidence import Evidence
from logitkit.scorecard.manifest import Manifest
from logitkit.scorecard.own_rows import OwnRows
from logitkit.scorecard.validation.bands import bands_of
from logitkit.scorecard.validation.outcomes import ScoredRows
from logitkit.scorecard.validation.samples import validate_samples
from logitkit.scorecard.weighting import RowWeights, WeightMeaning
from logitkit.writing import writable_path, write_file

if TYPE_CHECKING:
    from logitkit.report.cards.model_document import CardParts

__all__ = ["Reported"]


@verbs_in_our_words
class Reported(Explained, Watched, Checked):
    """Methods that write the document of a card."""

    manifest: Manifest | None
    changes: tuple[CardChange, ...]
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
        evidence: Evidence | None = None,
    ) -> Path:
        """Write the development document of the card: one self-contained HTML page, a Word document, or JSON.

        Parameters
        ----------
        path : str or Path
            File to write, ending in .html, .docx or .json. An existing file is replaced in one step; if writing fails,
            it is kept.
        samples : table or mapping of str to table, optional
            Other samples by name, such as out-of-time rows, on which the card is validated and its stability is
            measured.
        target : str, optional
            Name of their outcome column; that of the card by default.
        indeterminate : object or sequence, optional
            Outcomes in these samples that are neither good nor bad.
        weights : str or mapping, optional
            Weights of these samples: a column that all of them have, or weights by name of sample. The rows of the card
            have their own weights.
        weight_kind : {"frequency", "sampling"}, optional
            Whether weights are counts of rows or sampling weights; whole numbers are counts by default.
        title : str, optional
            Title of the page.
        source : str, optional
            Source of the data.
        evidence : Evidence, optional
            Groups, costs, periods and grades. Each fills a section; if one is not given, its section says so.

        Returns
        -------
        Path
            The file written.

        Notes
        -----
        A card that was just made knows the rows of the development sample; a card that was loaded does not. Give them
        as ``Evidence(development=...)``; otherwise the document has only the validation on other samples, and says so.

        Examples
        --------
        >>> import tempfile, os
        >>> import logitkit as lk
        >>> loans = lk.datasets.load_german_credit()
        >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
        >>> more = lk.scorecard.Evidence(development=loans, groups="job", cut=500, gain=1.0, loss=5.0)
        >>> page = card.report(os.path.join(tempfile.mkdtemp(), "card.html"), evidence=more)
        >>> page.name, page.read_text().count("Fairness between groups")
        ('card.html', 2)
        """
        from logitkit.report.cards.model_document import card_report
        from logitkit.report.pages.parts import rendered

        file = writable_path(path, "document")
        require_text("title", title)
        require_text("source", source)
        parts = self._parts(
            samples, (target, indeterminate), (weights, weight_kind), evidence, in_word=file.suffix.lower() == ".docx"
        )
        return write_file(file, rendered(card_report(parts, title, source), file.suffix), "document")

    def _parts(
        self,
        samples: Any,
        outcome: tuple[str | None, Any],
        weighing: tuple[Any, WeightMeaning | None],
        evidence: Evidence | None,
        *,
        in_word: bool,
    ) -> CardParts:
        """Return what the document is written from."""
        from logitkit.report.cards.model_document import CardParts

        own = self.population.target if outcome[0] is None else outcome[0]
        stated = stated_evidence(evidence)
        given, scored = samples_by_name(samples), self._own_rows()
        rows = {} if scored is None else {OWN: scored}
        drifts: dict[str, Any] = {}
        tables: dict[str, Any] = {}
        absent = "" if scored is not None else self._absent()
        told = Samples(rows, tables, own, outcome[1], *weighing)
        if stated.development is not None:
            tables[OWN] = stated.development
            with in_sample(OWN):
                found = self._outcomes(stated.development, **told.options(OWN)).rows
            require_development(found, self.population)
            if absent == "loaded":
                rows[OWN], absent = found, ""
        for name, table in given.items():
            with in_sample(name):
                tables[name], options = table, told.options(name)
                rows[name] = self._outcomes(table, **options).rows
                drifts[name] = self.stability(table, weights=options["weights"], weight_kind=options["weight_kind"])
        level, first = self.fit.record.level, next(iter(rows.values()), None)
        cuts = None if first is None else bands_of(first, self.card.scaling, 10, None, level).cuts.tolist()
        return CardParts(
            self.card,
            self.fit.record,
            self.binnings,
            self.population,
            self.steps,
            self.manifest,
            validation=as_held(CardValidation, validate_samples(rows, level, 0)) if rows else None,
            bands={
                name: as_held(CardBands, bands_of(part, self.card.scaling, 10, cuts, level))
                for name, part in rows.items()
            },
            drifts=drifts,
            rounding=self.rounding() if scored is not None and self.card.scaling.rounded else None,
            tests=self._tests(),
            changes=self.changes,
            evidence=evidence_of(self, told, stated),
            absent=absent,
            raster=in_word,
        )

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


def stated_evidence(evidence: Evidence | None) -> Evidence:
    """Return the stated evidence; a value of another type is refused."""
    if evidence is not None and not isinstance(evidence, Evidence):
        raise DataError(f"evidence={evidence!r:.60}: give lk.scorecard.Evidence(...).")
    return evidence or Evidence()
