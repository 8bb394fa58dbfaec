"""Parameters that are objects of options: each of their options can be set by itself, as ``bins__max_bins``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields, replace
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator

from logitkit.errors import DataError

__all__ = ["StatedOptions"]


class StatedOptions(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """An estimator some of whose parameters are objects of options, or None for those by default.

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
            Whether to return each option of the objects too.

        Returns
        -------
        dict
            By name, such as ``bins`` and ``bins__max_bins``.
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
        """Set parameters, those of the objects one by one.

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
            If the option of an object is named where the parameter is no such object.
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
