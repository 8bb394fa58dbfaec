"""The link of a binary model, by the name that users write."""

from __future__ import annotations

from logitkit.errors import UnsupportedError
from logitkit.models.links import LINKS, LOGIT, Link

__all__ = ["LOGIT", "Link", "link_named"]


def link_named(name: str) -> Link:
    """Return the link of that name, or say which names there are.

    Examples
    --------
    >>> link_named("cloglog").words
    'complementary log-log'
    """
    if not isinstance(name, str) or name not in LINKS:
        known = ", ".join(repr(each) for each in LINKS)
        raise UnsupportedError(f"link={name!r} is not offered; the links that are offered are {known}.")
    return LINKS[name]
