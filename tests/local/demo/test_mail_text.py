"""A mail as the manager reads it, on a terminal."""

from local.demo.mail_text import as_text


def test_paragraphs_and_lists_stay_and_markup_goes() -> None:
    html = """<html><head><style>p {color: red}</style></head><body>
    <p>Hello <b>Noor</b>,</p><p>removed are:</p>
    <ul><li>Visio Plan 2</li><li>Project &amp; more</li></ul></body></html>"""

    assert as_text(html) == "Hello Noor,\n\nremoved are:\n- Visio Plan 2\n- Project & more"


def test_the_cells_of_a_row_stand_apart() -> None:
    assert as_text("<table><tr><td>Person</td><td>Maya Lin</td></tr></table>") == "Person  Maya Lin"


def test_a_name_that_looks_like_markup_is_shown_as_it_was_written() -> None:
    assert as_text("<p>&lt;b&gt;Zoe&lt;/b&gt;</p>") == "<b>Zoe</b>"
