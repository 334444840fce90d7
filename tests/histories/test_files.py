"""The files of the tapes: whoever records again what did not change changes no file."""

from tests.histories.files import files, tape_in
from tests.orchestrators.tape import as_text


def test_tape_is_written_as_it_was_read() -> None:
    for file in files():
        assert as_text(tape_in(file)) == file.read_text(), file.name
