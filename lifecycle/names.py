"""Logins and addresses, which are the same however they are written in capitals."""


def folded(name: str) -> str:
    """In small letters. Unlike `str.casefold`, no letter becomes one of ASCII that another name has there.

    To `casefold`, and partly to `lower`, `straße`, a long s and a Kelvin sign are `strasse`, `s` and `k`: that makes
    other domains, and other people.
    """
    return "".join(_folded(character) for character in name)


def _folded(character: str) -> str:
    small = character.lower()
    return small if character.isascii() or not small.isascii() else character


def is_same_name(one: str, other: str) -> bool:
    return folded(one) == folded(other)
