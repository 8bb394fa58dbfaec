r"""Terms that are contained in an interaction, whose tests depend on how the other variables are coded.

In :math:`\beta_1 x + \beta_2 g + \beta_3 x g` the coefficient :math:`\beta_1` is the slope of x where g is zero: at the
reference level of a factor, or at the origin of a numeric variable. The hypothesis :math:`\beta_1 = 0` therefore
changes with the coding of g; the hypothesis :math:`\beta_1 = \beta_3 = 0` does not.

References
----------
Nelder, J. A. (1977) A reformulation of linear models. Journal of the Royal Statistical Society A 140, 48-77.
"""

from __future__ import annotations

from logitkit.design.formula.terms import INTERCEPT, Term
from logitkit.design.info import DesignInfo
from logitkit.typing import IntArray

__all__ = ["contained_terms", "terms_that_contain"]


def terms_that_contain(info: DesignInfo, term: Term) -> list[Term]:
    """Return the terms that contain all variables of a term and at least one other.

    Parameters
    ----------
    info : DesignInfo
        Design information of the fit.
    term : Term
        A term of the formula.

    Returns
    -------
    list of Term
        Interactions with the term; none for a ready-made matrix, for which it is not known how the columns were made.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "x": [1.0, 2, 2.5, 3, 3.5, 5, 4, 1], "g": list("aabbabab")}
    >>> info = lk.logit("y ~ x * g", data).record.info
    >>> [each.name for each in terms_that_contain(info, info.terms[1])]
    ['x:g']
    """
    if info.coding is None or term.name == INTERCEPT:
        return []
    own = _variables(info)
    return [other for other in info.terms if other.name in own and own[term.name] < own[other.name]]


def _variables(info: DesignInfo) -> dict[str, frozenset[str]]:
    """Return what each term but the intercept is made of."""
    assert info.coding is not None
    factors = info.coding.factors
    return {term.name: frozenset(factors.get(term.name, ())) for term in info.terms if term.name != INTERCEPT}


def contained_terms(info: DesignInfo, columns: IntArray) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the terms among some columns that have interactions outside these columns.

    Parameters
    ----------
    info : DesignInfo
        Design information of the fit.
    columns : int array
        Columns whose coefficients are tested to be zero.

    Returns
    -------
    tuple of (str, tuple of str)
        Each such term, and the interactions that contain it and are not tested with it; empty for a ready-made matrix,
        for which it is not known how the columns were made.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "x": [1.0, 2, 2.5, 3, 3.5, 5, 4, 1], "g": list("aabbabab")}
    >>> info = lk.logit("y ~ x * g", data).record.info
    >>> contained_terms(info, np.array([1])), contained_terms(info, np.array([1, 3]))
    ((('x', ('x:g',)),), ())
    """
    if info.coding is None:
        return ()
    made = _variables(info)
    tested = set(columns.tolist())
    within = {term.name for term in info.terms if tested.issuperset(term.columns)} & set(made)
    alone = [name for name in made if name in within]
    found = ((name, tuple(t for t in made if made[name] < made[t] and t not in within)) for name in alone)
    return tuple((name, larger) for name, larger in found if larger)
