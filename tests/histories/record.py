"""Records the histories (`make histories`): plays all of tests/orchestrators, and writes the tapes and docs/stages.md.

A flow that did not change makes the same bytes again.
"""

import sys
import warnings

import pytest

from tests.histories.files import files, rewrite
from tests.histories.on_host import play
from tests.histories.recorder import Recorder
from tests.histories.stages_page import PAGE, page
from tests.local.host.driver import Driver, recording_counts
from tests.orchestrators.tape import Tape

PLAYS = "tests/orchestrators"


def main() -> int:
    recorder = Recorder()
    failed = pytest.main(["--quiet", "-p", "no:cacheprovider", PLAYS], plugins=[recorder])
    if failed:
        print("Nothing was written: a tape is kept only when its play went as its test says.", file=sys.stderr)
        return int(failed)
    if differing := [str(file) for file, tape in recorder.tapes.items() if not goes_through_the_sdk(tape)]:
        print("Nothing was written: these plays go differently in the SDK:", *differing, sep="\n", file=sys.stderr)
        return 1
    rewrite(recorder.tapes)
    PAGE.write_text(page())
    print(f"{len(files())} tapes")
    return 0


def goes_through_the_sdk(tape: Tape) -> bool:
    with pytest.MonkeyPatch.context() as monkeypatch, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what the SDK says of an event that came early
        expected, seen = play(tape, Driver(recording_counts(monkeypatch)))
    return expected == seen


if __name__ == "__main__":
    sys.exit(main())
