"""The fit of a model of ordered outcomes, as the user holds it: the verbs of every fit, and its own."""

from __future__ import annotations

from logitkit.results.fit import Fit

__all__ = ["OrdinalFit"]


class OrdinalFit(Fit):
    """A fitted model of ordered outcomes.

    Parameters
    ----------
    record : FitRecord
        Everything that is known after the fit.
    design : Design, optional
        The rows of the fit, for verbs that need rows; a loaded model has none and takes ``data=``.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"rating": [1, 2, 3, 2, 1, 3, 3, 2, 1], "x": [1.0, 2, 3, 4, 2, 6, 5, 4, 1]}
    >>> fit = lk.ordinal("rating ~ x", data)
    >>> fit.coef.index.tolist()
    ['1|2', '2|3', 'x']
    """
