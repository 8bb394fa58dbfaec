"""Parameters that are objects with options; each option can be set by itself, such as ``bins__max_bins``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields, replace
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator

from logitkit.errors import DataError

__all__ = ["StatedOptions"]


class StatedOptions(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """An estimator with parameters that are objects with options, or None for the default options.

    Examples
    --------
    >>> from logitkit.estimators import WoeEncoder
    >>> encoder = WoeEncoder().set_params(bins__max_bins=4)
    >>> encoder.bins.max_bins, encoder.get_params()["bins__min_size"]
    (4, 0.05)
    """

    _stated: ClassVar[dict[str, type]] = {}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters.

        Parameters
        ----------
        deep : bool, default True
            Whether to return also each option of the objects.

        Returns
        -------
        dict
            The parameters by name, such as ``bins`` and ``bins__max_bins``.
        """
        found: dict[str, Any] = super().get_params(deep=deep)
        if deep:
            for name, kind in self._stated.items():
                value = getattr(self, name)
                held = kind() if value is None else value
                if isinstance(held, kind):
                    found |= {f"{name}__{field.name}": getattr(held, field.name) for field in fields(held)}  # type: ignore[arg-type]
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters, or single options of the objects.

        Parameters
        ----------
        **params : object
            Such as ``bins=Bins(shape="up")``, or ``bins__max_bins=4``.

        Returns
        -------
        Self
            The estimator itself.

        Raises
        ------
        DataError
            If an option is named but its parameter is not an object with options.
        """
        plain: dict[str, Any] = {}
        own: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        for name, value in params.items():
            head, _, tail = name.partition("__")
            if tail and head in self._stated:
                own[head][tail] = value
            else:
                plain[name] = value
        super().set_params(**plain)
        for name, changes in own.items():
            kind: Any = self._stated[name]
            value = getattr(self, name)
            if not (value is None or isinstance(value, kind)):
                raise DataError(
                    f"{name}__{next(iter(changes))}: {name}= is a {type(value).__name__}, not one {kind.__name__} "
                    "whose options could be set. Set the whole of it."
                )
            setattr(self, name, replace(kind() if value is None else value, **changes))
        return self
