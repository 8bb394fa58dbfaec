"""Check a built site: ``python docs/check_site.py FOLDER``.

Every link within the site has its file and its anchor, and no page loads anything from a network.
"""

from __future__ import annotations

import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself when it opens a page.
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
LOADED_LINKS = {"stylesheet", "icon", "preload", "preconnect", "modulepreload"}


class Page(HTMLParser):
    """The anchors, links and loaded files of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag defines, links to or loads."""
        named = {name: value for name, value in attrs if value}
        self.anchors |= {named[name] for name in ("id", "name") if name in named}
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        if tag in LOADED and LOADED[tag] in named:
            self.loaded.append(named[LOADED[tag]])
        if tag == "link" and "href" in named and LOADED_LINKS & set(named.get("rel", "").split()):
            self.loaded.append(named["href"])


@cache
def page(path: Path) -> Page:
    """Read a page once."""
    return Page(path.read_text(encoding="utf-8"))


def faults(path: Path) -> list[str]:
    """Return what is wrong with a page, one sentence each."""
    found = [f"loads {each}" for each in page(path).loaded if urlsplit(each).netloc]
    for link in page(path).links + page(path).loaded:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        target = target / "index.html" if target.is_dir() else target
        if not target.is_file():
            found.append(f"links to {link}, which is not there")
        elif (
            parts.fragment
            and target.suffix == ".html"
            and unquote(parts.fragment) not in page(target).anchors | {"top"}
        ):
            found.append(f"links to {link}: no such place on that page")
    return found


def main(folder: Path) -> int:
    """Print the faults of all pages, and return how many pages have any."""
    pages = [path.resolve() for path in sorted(folder.rglob("*.html")) if "_static" not in path.parts]
    wrong = {path: faults(path) for path in pages}
    for path, sentences in wrong.items():
        for sentence in sentences:
            sys.stdout.write(f"{path.relative_to(folder.resolve())} {sentence}\n")
    sys.stdout.write(f"{len(pages)} pages looked through\n")
    return sum(bool(sentences) for sentences in wrong.values())


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1])), 1))
