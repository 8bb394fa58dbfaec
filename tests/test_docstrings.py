"""Every public object explains itself: numpydoc sections, and an example that runs; every inner one has a sentence.

The names are read through the package, so a new public object is checked from the day it is exported. That
the examples are true is checked elsewhere: pytest runs them as doctests.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from types import ModuleType
from typing import Any
from unittest.mock import patch

from numpydoc.docscrape import ClassDoc, get_doc_object
from numpydoc.validate import Validator, validate

# Folders whose functions a statistician calls directly, beside what `import logitkit` exposes.
PUBLIC_PACKAGES = ("datasets", "diagnostics", "inference", "selection", "estimators")
# Compiled functions carry their mathematics in comments, and are reached through families and matrices.
NOT_CHECKED = ("logitkit.numerics.kernels",)
# What the functions and verbs of the package return, and users therefore hold.
HELD = (
    "cards.bin_stability.BinStability",
    "cards.binned.BinnedVariable",
    "cards.checked.Checked",
    "cards.drift.CardStability",
    "cards.drift.PopulationStability",
    "cards.decided.CardFairness",
    "cards.decided.CardProfit",
    "cards.exported.Exported",
    "cards.monitored.CardMonitor",
    "cards.rejects.RejectInference",
    "cards.verified.CardVerification",
    "cards.verified.Verified",
    "cards.reported.Reported",
    "cards.scorecard.Scorecard",
    "cards.vintages.Vintages",
    "cards.watched.Watched",
    "cards.validated.CardBands",
    "cards.validated.CardCalibration",
    "cards.validated.CardGrades",
    "cards.validated.CardValidation",
    "several.cross_validated.CrossValidated",
    "figures.FitPlots",
    "hypotheses.Hypotheses",
    "nominal.NominalPlots",
    "nominal.NominalRowPlots",
    "logits.prediction_sets.ConformalSets",
    "logits.prediction_sets.SetCoverage",
    "logits.prior_shift.ShiftedPriors",
    "logits.selective.RiskCoverageCurve",
    "on_rows.FitOnRows",
    "quantities.Quantities",
    "row_figures.RowPlots",
    "row_verbs.RowVerbs",
    "several.grouped.GroupedFits",
    "several.path.Path",
    "several.resampled.BootstrapResult",
    "several.resampled.JackknifeResult",
    "shown.Shown",
    "statistics.Statistics",
)
# Reached through `logit_by`, `cross_validate`, `averages`, `bootstrap` and `validate`.
INNER = {
    "logitkit.diagnostics.rows.ordering",
    "logitkit.inference.by",
    "logitkit.inference.conditions.estimates",
    "logitkit.inference.conditions.likelihood",
    "logitkit.inference.conditions.model",
    "logitkit.inference.effects.row_block",
    "logitkit.inference.effects.shared_sums",
    "logitkit.inference.resampling.drawing",
    "logitkit.inference.validation.refitting",
    "logitkit.inference.validation.replays",
    "logitkit.selection.unpenalised",
}

FORM = {
    "GL03",  # double blank lines
    "GL05",  # tabs
    "GL06",  # an unknown section
    "GL07",  # sections out of order
    "GL08",  # no docstring
    "GL10",  # a directive without its two colons
    "SS01",  # no summary
    "SS03",  # the summary is not a sentence
    "SS04",  # the summary is indented
    "SS06",  # the summary takes more than a line
}
PARAMETERS = {
    "PR01",  # a parameter without documentation
    "PR02",  # documentation without a parameter
    "PR03",  # another order than the signature's
    "PR04",  # a parameter without a type
    "PR05",  # a type that ends in a full stop
    "PR07",  # a parameter without a description
    "PR10",  # no space before the colon
}
RETURNS = {"RT01", "RT03", "YD01"}
EXAMPLES = {"EX01"}


class Checked(Validator):
    """The checks of a docstring without what takes longest and finds no fault of one: where it stands in its file."""

    source_file_def_line = None
    section_titles = cached_property(Validator.section_titles.fget)  # asked for by each check

    def __init__(self, obj_name: str) -> None:
        super().__init__(get_doc_object(Validator._load_obj(obj_name)))


class CheckedForm(Checked):
    """The same where nothing is asked about what is returned, for which the source would be parsed."""

    method_returns_something = False


@cache
def modules(package: ModuleType) -> tuple[ModuleType, ...]:
    """The package and all modules below it, imported."""
    below = (found.name for found in pkgutil.walk_packages(package.__path__, prefix=f"{package.__name__}."))
    checked = (name for name in below if not name.startswith(NOT_CHECKED) and "._" not in name)
    return (package, *(importlib.import_module(name) for name in checked))


def own_objects(module: ModuleType) -> Iterator[Any]:
    """The functions and classes that the module defines and offers."""
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    for name in names:
        found = getattr(module, name)
        if (inspect.isfunction(found) or inspect.isclass(found)) and found.__module__.startswith("logitkit"):
            yield found


def full_name(found: Any) -> str:
    return f"{found.__module__}.{found.__qualname__}"


def public_objects(package: ModuleType) -> dict[str, Any]:
    """What a user reaches: the names of the package, of the modules among them, and of the public folders."""
    reached = [package, *(m for m in vars_of(package) if inspect.ismodule(m))]
    for folder in PUBLIC_PACKAGES:
        reached += [m for m in modules(package) if m.__name__.split(".")[1:2] == [folder] and m.__name__ not in INNER]
    return {full_name(found): found for module in reached for found in own_objects(module)}


def vars_of(package: ModuleType) -> list[Any]:
    return [getattr(package, name) for name in package.__all__]


def is_signature_documented(cls: type) -> bool:
    """Whether the class has parameters of its own: not an enumeration, a protocol or an exception."""
    abstract = getattr(cls, "_is_protocol", False)
    return not (abstract or issubclass(cls, enum.Enum | BaseException))


def undocumented_fields(cls: type) -> list[str]:
    """The public fields of a dataclass that neither Parameters nor Attributes explains, its own or a base's."""
    documented = [ClassDoc(c, config={"show_class_members": False}) for c in cls.__mro__ if dataclasses.is_dataclass(c)]
    parts = ("Parameters", "Attributes")
    listed = [entry.name for sections in documented for part in parts for entry in sections[part]]
    explained = {name.strip() for entry in listed for name in entry.split(",")}
    fields = [f.name for f in dataclasses.fields(cls) if not f.name.startswith("_")]
    return [name for name in fields if name not in explained]


def faults(name: str, codes: set[str]) -> list[str]:
    checked = Checked if codes & RETURNS else CheckedForm
    # What comments in the file allow is no matter here, and takes long to find.
    with patch("numpydoc.validate.extract_ignore_validation_comments", lambda *_: {}):
        return [f"{name}: {code} {text}" for code, text in validate(name, checked)["errors"] if code in codes]


def class_faults(cls: type, example: bool) -> list[str]:
    name = full_name(cls)
    wanted = FORM | (EXAMPLES if example and is_signature_documented(cls) else set())
    if not dataclasses.is_dataclass(cls):
        wanted |= PARAMETERS if is_signature_documented(cls) else set()
        return faults(name, wanted) + method_faults(cls, example)
    if cls.__doc__ is None or cls.__doc__.startswith(f"{cls.__name__}("):  # the one that dataclass makes up
        return [f"{name}: GL08 The object does not have a docstring", *method_faults(cls, example)]
    missing = [f"{name}: the field {field} is not explained" for field in undocumented_fields(cls)]
    return faults(name, wanted | {"PR04", "PR05", "PR07", "PR10"}) + missing + method_faults(cls, example)


def method_faults(cls: type, public: bool) -> list[str]:
    """What is missing from the methods.

    No method needs an example of its own, as the class shows it. Inside the package a sentence is enough: the
    protocol that the class fulfils says the rest once.
    """
    wanted = FORM | PARAMETERS | RETURNS if public else FORM
    found = []
    for name, member in vars(cls).items():
        inner = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if name.startswith("_") or getattr(inner, "__module__", "logitkit").split(".")[0] != "logitkit":
            continue
        if isinstance(inner, property):
            found += faults(f"{full_name(cls)}.{name}", FORM)
        elif inspect.isfunction(inner):
            found += faults(f"{full_name(cls)}.{name}", wanted)
    return found


def function_faults(function: Callable[..., Any], public: bool) -> list[str]:
    """What is missing from a function: inside the package a sentence is enough."""
    return faults(full_name(function), FORM | (PARAMETERS | RETURNS | EXAMPLES if public else set()))


def object_faults(found: Any, public: bool) -> list[str]:
    return class_faults(found, public) if inspect.isclass(found) else function_faults(found, public)


def test_every_public_object_has_a_docstring_and_an_example() -> None:
    import logitkit

    found = public_objects(logitkit)
    assert found, "logitkit exposes no function or class"
    wrong = [fault for public in found.values() for fault in object_faults(public, public=True)]
    assert not wrong, "\n".join(wrong)


def test_every_verb_of_what_users_hold_says_what_it_takes_and_returns() -> None:
    wrong = []
    for name in HELD:
        module, _, kind = name.rpartition(".")
        wrong += method_faults(getattr(importlib.import_module(f"logitkit.results.{module}"), kind), public=True)
    assert not wrong, "\n".join(wrong)


def test_every_inner_object_has_a_docstring() -> None:
    import logitkit

    public = public_objects(logitkit)
    inner = {full_name(f): f for module in modules(logitkit) for f in own_objects(module)}
    wrong = [fault for name in inner.keys() - public for fault in object_faults(inner[name], public=False)]
    assert not wrong, "\n".join(sorted(wrong))


def test_every_module_says_what_it_is_for() -> None:
    import logitkit

    silent = [module.__name__ for module in modules(logitkit) if not (module.__doc__ or "").strip()]
    assert silent == []


def test_the_check_itself_sees_a_missing_section() -> None:
    def add(left: float, right: float) -> float:
        """Add two numbers."""
        return left + right

    # Local functions cannot be found by name, so the check is asked through this module.
    globals()["add"] = add
    add.__qualname__ = "add"
    try:
        codes = {fault.split()[1] for fault in function_faults(add, public=True)}
    finally:
        del globals()["add"]
    assert codes == {"PR01", "RT01", "EX01"}
