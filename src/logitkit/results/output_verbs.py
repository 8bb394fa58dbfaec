"""The verbs of a fit that write files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from logitkit.results.validated.verbs import ValidationVerbs
from logitkit.results.word_verbs import WordVerbs

if TYPE_CHECKING:
    from logitkit.inference.validation.validation import Validation
    from logitkit.typing import Unit

__all__ = ["OutputVerbs"]


class OutputVerbs(WordVerbs, ValidationVerbs):
    """Verbs that write files: the report, and the fit itself.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
    making : Making, optional
        How the fit is repeated on other rows, if the record alone is not enough for that.
    """

    def report(
        self,
        path: str | Path,
        data: Any = None,
        title: str | None = None,
        units: Mapping[str, Unit] | None = None,
        source: str | None = None,
        tripod: bool = False,
        validate: Literal["bootstrap", "cross-validation"] | None = None,
    ) -> Path:
        """Write a self-contained HTML report: what was modelled, the results, and whether they can be trusted.

        Its chapters cover the model and its rows; the results (coefficients, ratios, tests, average effects); whether
        they can be trusted (findings, each with the rule applied); predictive performance; influential rows; and next
        steps. Tables can be sorted by a click, the page prints well as a PDF, and the element ``lk-numbers`` holds all
        numbers unrounded as JSON for programs.

        Parameters
        ----------
        path : str or Path
            File to write, ending in .html. An existing file is replaced only when the new one is complete.
        data : table, optional
            Rows for the diagnostics and, with several outcomes, for the average predictions by variable. Default: the
            rows of the fit; average predictions then need the table of the fit.
        title : str, optional
            Title of the page.
        units : mapping of str to float, 'sd' or 'iqr', optional
            Change in a column to which its coefficient refers, ``{"balance": 10_000}``; the labels state the change.
            The standard deviation and the interquartile range are those of the rows of the fit.
        source : str, optional
            Origin of the rows, such as a file name, which the page states next to the number of rows.
        tripod : bool, default False
            Whether the page shows the TRIPOD+AI item numbers in the margin and the checklist at the end.
        validate : {'bootstrap', 'cross-validation'}, optional
            Method for estimating how well the model predicts on other rows, by ``fit.validate(method, seed=0)``; no
            such estimate by default.

        Returns
        -------
        Path
            The file written.

        Examples
        --------
        >>> import logitkit as lk
        >>> import tempfile
        >>> from pathlib import Path
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> path = fit.report(Path(tempfile.mkdtemp()) / "report.html", title="Low birth weight")
        >>> path.read_text(encoding="utf-8")[:15]
        '<!doctype html>'
        """
        from logitkit.options import require_choice
        from logitkit.results.reported import write_report

        if validate is not None:
            require_choice("validate", validate, ("bootstrap", "cross-validation"))
        found = None if validate is None else cast("Validation", self.validate(validate, seed=0))
        return write_report(self._rows_of(data), path, title, units, source, tripod=tripod, validation=found)

    def save(self, path: str | Path) -> Path:
        """Write the fit as versioned plain JSON, without any row of the data.

        Parameters
        ----------
        path : str or Path
            File to write. An existing file is replaced only when the new one is complete.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        FormulaError
            If the formula contains a part that ``load`` would refuse, such as a ``lambda``.

        Examples
        --------
        >>> import logitkit as lk
        >>> import tempfile
        >>> from pathlib import Path
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> path = fit.save(Path(tempfile.mkdtemp()) / "model.json")
        >>> lk.load(path).coef.round(4).to_dict()
        {'Intercept': 1.366, 'age': -0.039, 'lwt': -0.0121, 'smoke': 0.6707}
        """
        from logitkit.engine.saved.file import save_record

        return save_record(self.record, path)
