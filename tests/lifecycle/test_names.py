"""Names that are the same, and names that only look so to a rule for comparing words."""

import pytest

from lifecycle.names import is_same_name


@pytest.mark.parametrize(
    ("one", "other"), [("Maya@Contoso.com", "maya@contoso.COM"), ("JÜRGEN@contoso.com", "jürgen@contoso.com")]
)
def test_capitals_make_no_difference(one: str, other: str) -> None:
    assert is_same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u017fmith@contoso.com", "smith@contoso.com"),
        ("chef@straße.example", "chef@strasse.example"),
        ("mar\u212a@contoso.com", "mark@contoso.com"),
        ("\ufb01ne@contoso.com", "fine@contoso.com"),
    ],
)
def test_letter_that_is_another_one_makes_another_name(one: str, other: str) -> None:
    assert not is_same_name(one, other)
