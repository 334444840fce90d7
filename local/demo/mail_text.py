"""What a person reads in an HTML mail, as plain text for the terminal."""

import re
from html.parser import HTMLParser

BLOCKS = {"br", "div", "h1", "h2", "h3", "li", "p", "table", "tr", "ul"}
HIDDEN = {"head", "script", "style"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in HIDDEN:
            self._hidden += 1
        elif tag in BLOCKS:
            self.text += "\n"
        if tag == "li":
            self.text += "- "
        elif tag == "td":
            self.text += "  "

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self._hidden -= 1
        elif tag in BLOCKS:
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += re.sub(r"\s+", " ", data)


def as_text(html: str) -> str:
    """Keep words, list items and line breaks; drop everything else."""
    reader = _Reader()
    reader.feed(html)
    lines = [line.strip() for line in reader.text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).replace("\n\n- ", "\n- ").strip()
