"""Untrusted text for people to read: Okta's users, and whoever signs in, may write what they like into a name."""

import unicodedata

_SPACES = {"Cc", "Zl", "Zp", "Zs"}
_INVISIBLE = {"Cf", "Cs"}
# Writing systems from Persian to emoji need the joiners; all other format characters can disguise a text.
_JOINERS = "\u200c\u200d"


def visible_line(value: object, longest: int) -> str:
    """One line of visible text: no control characters, nothing that turns the direction of writing, not too long."""
    text = " ".join("".join(_visible(character) for character in str(value)).split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in _INVISIBLE and character not in _JOINERS:
        return ""
    return " " if category in _SPACES else character
