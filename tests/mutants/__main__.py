"""`make mutants`: changes the code in one place after the other, and tells what no test notices."""

import argparse
import importlib
import json
import os
import random
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from mutmut.configuration import config

from tests.mutants.changes import Mutant, mutants_of
from tests.mutants.processes import Job, side_by_side
from tests.mutants.reach import FOLDERS, Reach, name_packages, watch
from tests.mutants.report import Verdict, write
from tests.mutants.trial import SURVIVED, run_tests

BUILD = Path("build/mutants")
CORES = os.cpu_count() or 1
WATCH_SECONDS = 600
# What a trial may take beyond its tests (the start of pytest and Azurite), and how much slower they may be.
START_SECONDS, SLOWER = 30, 5
TELL_EVERY_SECONDS = 30


def main() -> None:
    rooms = [str(path) for path in config().source_paths]
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("paths", nargs="*", default=rooms, help=f"files or folders (default: {' '.join(rooms)})")
    parser.add_argument("--sample", type=int, help="try so many, the same ones each time")
    parser.add_argument("--minutes", type=float, default=120, help="stop then (default: %(default)s)")
    arguments = parser.parse_args()
    mutants = chosen(arguments.paths, arguments.sample)
    BUILD.mkdir(parents=True, exist_ok=True)
    load_packages()
    reach = seen()
    verdicts = list(tried(mutants, reach, until=time.monotonic() + arguments.minutes * 60))
    write(verdicts, left=len(mutants) - len(verdicts))


def chosen(paths: Iterable[str], sample: int | None) -> list[Mutant]:
    files = [file for path in map(Path, paths) for file in (sorted(path.glob("**/*.py")) if path.is_dir() else [path])]
    mutants = [mutant for file in files for mutant in mutants_of(file)]
    return mutants if sample is None else random.Random(0).sample(mutants, min(sample, len(mutants)))


def load_packages() -> None:
    """What the tests import and is not ours, once for all trials."""
    found = BUILD / "packages.json"
    completed(
        [Job("the collection of tests", partial(name_packages, found), WATCH_SECONDS, log=f"{BUILD}/packages.log")]
    )
    warnings.simplefilter("ignore")
    for name in json.loads(found.read_text()):
        with suppress(Exception):  # a part that only loads within another
            importlib.import_module(name)


def seen() -> Reach:
    """Run the tests on the code as it is, each folder in a process like that of a trial."""
    print("Which test gets where", flush=True)
    results = {folder: BUILD / f"{Path(folder).name}.json" for folder in FOLDERS}
    completed(
        Job(folder, partial(watch, folder, result), WATCH_SECONDS, log=str(result.with_suffix(".log")))
        for folder, result in results.items()
    )
    reach = Reach()
    for result in results.values():
        reach.add(result)
    return reach


def completed(jobs: Iterable[Job[str]]) -> None:
    """Do these, all of which must end well."""
    for job, code in side_by_side(jobs, CORES):
        if code:
            sys.exit(f"{job.about} fails as it is: {job.log}")


def tried(mutants: list[Mutant], reach: Reach, until: float) -> Iterator[Verdict]:
    """What became of each mutant for which there was time, telling the progress."""
    tests = [reach.tests_of(mutant.path, mutant.line) for mutant in mutants]
    yield from (Verdict(mutant, SURVIVED, 0) for mutant, own in zip(mutants, tests, strict=True) if not own)
    jobs = [_trial(mutant, own, reach) for mutant, own in zip(mutants, tests, strict=True) if own]
    print(f"{len(mutants)} mutants; to {len(mutants) - len(jobs)} no test gets", flush=True)
    began = told = time.monotonic()
    in_time = (job for job in jobs if time.monotonic() < until)
    survivors = 0
    for number, (job, code) in enumerate(side_by_side(in_time, CORES), 1):
        survivors += code == SURVIVED
        mutant, asked = job.about
        yield Verdict(mutant, code, asked)
        if (now := time.monotonic()) - told > TELL_EVERY_SECONDS:
            told = now
            minutes = min(until - now, (now - began) / number * (len(jobs) - number)) / 60
            print(f"  {number} of {len(jobs)} tried, {survivors} survive; {minutes:.0f} minutes to go", flush=True)


def _trial(mutant: Mutant, tests: list[str], reach: Reach) -> Job[tuple[Mutant, int]]:
    def work() -> int:
        return run_tests(mutant.path, mutant.source(), tests)

    seconds = START_SECONDS + SLOWER * sum(reach.seconds[test] for test in tests)
    return Job((mutant, len(tests)), work, seconds)


if __name__ == "__main__":
    main()
