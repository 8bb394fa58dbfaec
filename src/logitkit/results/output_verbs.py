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
        How it is made again from other rows, where that takes more than the record says.
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
        """Write one self-contained HTML page: what was modelled, the answer, and whether to believe it.

        Its chapters: what was modelled, on which rows; the answer (coefficients, ratios, tests, average effects); can
        it be trusted (findings, each with the rule that it applied); how well it predicts; who drives it (influence);
        what to do next. Tables are sorted by a click, printing it gives a readable PDF, and a program finds all numbers
        unrounded as JSON in the element ``lk-numbers``.

        Parameters
        ----------
        path : str or Path
            File to write, ending in .html. An existing file is replaced in one step, and kept if writing fails.
        data : table, optional
            Rows for the diagnostics and, with several outcomes, for the average predictions by variable. Default: the
            rows of the fit, whose average predictions need its table.
        title : str, optional
            Title of the page.
        units : mapping of str to float, 'sd' or 'iqr', optional
            Change in a column to which its coefficient refers, ``{"balance": 10_000}``; the labels state it. The
            standard deviation and the interquartile range are those of the rows of the fit.
        source : str, optional
            Origin of the rows, such as the name of a file, which the page states beside their number.
        tripod : bool, default False
            Whether the numbers of the items of TRIPOD+AI stand in the margin, and its checklist at the end.
        validate : {'bootstrap', 'cross-validation'}, optional
            Whether the page says how well the model would predict on other rows, by ``fit.validate(method, seed=0)``.

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
        """Write the fit as plain versioned JSON, without any row of the data.

        Parameters
        ----------
        path : str or Path
            File to write. An existing file is replaced in one step, and kept if writing fails.

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
