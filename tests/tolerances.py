"""How close two numbers must be, by the reason why they should agree.

A test names the reason, not a number: ``assert_allclose(fit.coef, expected, rtol=REFERENCE)``. All four are
relative (``rtol``); where the expected value may be zero, give ``atol`` the same name times the natural scale
of the quantity. A test that needs a looser tolerance states it in place, with the reason beside it.
"""

from __future__ import annotations

__all__ = ["EXACT", "ITERATIVE", "REFERENCE", "ROUTE"]

#: The same formula, evaluated in another order or by a plain NumPy twin: only rounding differs.
EXACT = 1e-12

#: The same optimum or the same quantity by another route of our own: other blocks, another solver, rows
#: permuted, a column rescaled, a general model that collapses to a special one. Rounding went through a
#: factorisation.
ROUTE = 1e-9

#: A stored or live reference implementation that was driven to a tight convergence of its own.
REFERENCE = 1e-7

#: A quantity found by an iteration whose stopping rule is looser than the optimum's: penalised paths, profile
#: roots, and references that stop early.
ITERATIVE = 1e-5
