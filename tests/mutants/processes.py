"""Work in forked processes, a few side by side: each begins with the packages loaded and none of our modules."""

import os
import resource
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from hypothesis import Phase, settings

About = TypeVar("About")
MEMORY_BYTES = 8 * 2**30
# Random tests try the same few values each time, and look for no smaller one that fails too.
FEW = settings(max_examples=25, derandomize=True, database=None, deadline=None, phases=(Phase.explicit, Phase.generate))


@dataclass(frozen=True)
class Job(Generic[About]):
    about: About
    work: Callable[[], int]
    seconds: float
    log: str = os.devnull


def side_by_side(jobs: Iterable[Job[About]], at_once: int) -> Iterator[tuple[Job[About], int]]:
    """Each job with its exit code, as they end; that of a job whose time was over is negative."""
    running: dict[int, Job[About]] = {}
    try:
        for job in jobs:
            running[_start(job)] = job
            if len(running) == at_once:
                yield _ended(running)
        while running:
            yield _ended(running)
    finally:
        for process in running:
            _clean_up(process)


def _start(job: Job[About]) -> int:
    if process := os.fork():
        return process
    code = 1
    try:
        os.setsid()
        signal.alarm(round(job.seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        output = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        settings.register_profile("mutants", FEW)
        settings.load_profile("mutants")
        code = job.work()
    finally:
        os._exit(code)


def _ended(running: dict[int, Job[About]]) -> tuple[Job[About], int]:
    process, status = os.wait()
    _clean_up(process)
    return running.pop(process), os.waitstatus_to_exitcode(status)


def _clean_up(process: int) -> None:
    """What a process has started (Azurite) outlives it when it is killed."""
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
