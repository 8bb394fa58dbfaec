"""Standard errors of the points of a card in either coding."""

from __future__ import annotations

from logitkit.engine.record import FitRecord
from logitkit.scorecard.card import Card
from logitkit.scorecard.dummy_errors import errors_given_counts, errors_with_counts
from logitkit.scorecard.own_rows import OwnRows
from logitkit.scorecard.point_errors import PointErrors, errors_given_woe, errors_with_woe
from logitkit.typing import FloatArray

__all__ = ["errors_estimated", "errors_given"]


def errors_given(card: Card, covariance: FloatArray) -> PointErrors:
    """Return standard errors from the covariance of the coefficients alone: what is counted in bins is as given."""
    return (errors_given_counts if card.coding == "dummies" else errors_given_woe)(card, covariance)


def errors_estimated(card: Card, rows: OwnRows, record: FitRecord) -> PointErrors:
    """Return standard errors that also know that counts of bins were estimates from the same rows."""
    if card.coding == "dummies":
        return errors_with_counts(card, rows, record.coef, record.vcov)
    return errors_with_woe(card, rows, record.coef)
