"""Records the histories (`make histories`): plays all of tests/orchestrators, and writes the tapes and docs/stages.md.

A flow that did not change makes the same bytes again.
"""

import sys

import pytest

from tests.histories.files import files, rewrite
from tests.histories.recorder import Recorder
from tests.histories.stages_page import PAGE, page

PLAYS = "tests/orchestrators"


def main() -> int:
    recorder = Recorder()
    failed = pytest.main(["--quiet", "-p", "no:cacheprovider", PLAYS], plugins=[recorder])
    if failed:
        print("Nothing was written: a tape is kept only when its play went as its test says.", file=sys.stderr)
        return int(failed)
    rewrite(recorder.tapes)
    PAGE.write_text(page())
    print(f"{len(files())} tapes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
