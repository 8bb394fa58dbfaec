"""The link of a binary model, by the name that users write; today the logit only."""

from __future__ import annotations

from logitkit.errors import UnsupportedError
from logitkit.models.links import LOGIT, Link

__all__ = ["LOGIT", "Link", "link_named"]


def link_named(name: str) -> Link:
    """Return the link of that name, or say which names there are.

    Examples
    --------
    >>> link_named("logit").name
    'logit'
    """
    if name != LOGIT.name:
        raise UnsupportedError(f"link={name!r} is not offered; the link that is offered is 'logit'.")
    return LOGIT
