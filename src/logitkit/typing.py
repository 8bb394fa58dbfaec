"""Array aliases and the names of options, in one place."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "AnyFloats",
    "AnyResidualKind",
    "BoolArray",
    "CodeArray",
    "FactorCoding",
    "FloatArray",
    "IntArray",
    "MissingPolicy",
    "ResidualKind",
    "SmallCodes",
    "Unit",
    "UnseenPolicy",
    "WeightKind",
]

#: Of float64 or float32.
AnyFloats: TypeAlias = NDArray[np.floating[Any]]
FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
CodeArray: TypeAlias = NDArray[np.int32]
SmallCodes: TypeAlias = NDArray[np.signedinteger[Any]]

WeightKind = Literal["frequency", "precision", "sampling"]
#: Of a change: a number, or the standard deviation or the interquartile range of the rows of a fit.
Unit: TypeAlias = float | Literal["sd", "iqr"]
MissingPolicy = Literal["drop", "raise"]
#: How factors are coded where a formula does not say: differences from the first level, or deviations from the mean.
FactorCoding = Literal["treatment", "sum"]
UnseenPolicy = Literal["raise", "missing"]
ResidualKind = Literal["response", "pearson", "deviance", "working"]
AnyResidualKind = Literal[
    "response",
    "pearson",
    "deviance",
    "working",
    "standardized_pearson",
    "standardized_deviance",
    "score",
    "partial",
    "quantile",
    "surrogate",
]
