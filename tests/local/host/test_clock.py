"""The clock that goes forward only, and the question whether anything is left to do."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from local.host.clock import Clock
from tests.local.host.running import RunningHost


def test_the_clock_never_goes_back() -> None:
    clock = Clock()
    before = clock.now()

    with pytest.raises(ValueError, match="only goes forward"):
        clock.advance(timedelta(seconds=-1))
    assert clock.now() >= before


async def test_a_sleeper_wakes_when_the_clock_is_moved_past_its_time() -> None:
    clock = Clock()
    sleeping = asyncio.create_task(clock.sleep_until(clock.now() + timedelta(days=30)))
    await asyncio.sleep(0)
    clock.advance(timedelta(days=29))
    for _ in range(10):  # turns of the loop: enough to look at the clock again
        await asyncio.sleep(0)
    early = sleeping.done()
    clock.advance(timedelta(days=1))

    await asyncio.wait_for(sleeping, 1)
    assert not early


def test_the_clock_moves_by_seconds_and_to_an_instant(sample: RunningHost) -> None:
    before = datetime.fromisoformat(sample.now())
    sample.move_clock(advance=90)
    moved = datetime.fromisoformat(sample.now())
    sample.move_clock(to=(moved + timedelta(hours=1)).isoformat())

    assert moved - before >= timedelta(seconds=90)
    assert datetime.fromisoformat(sample.now()) - moved >= timedelta(hours=1)
    sample.quiet()


@pytest.mark.parametrize(
    "body",
    [
        '{"advance": -1}',
        '{"to": "2001-01-01T00:00:00Z"}',
        '{"to": "soon"}',
        "{}",
        "[",
        '{"advance": 1e300}',
        '{"to": 5}',
    ],
)
def test_a_wrong_move_is_refused_in_words(sample: RunningHost, body: str) -> None:
    answer = sample.http.post("/admin/clock", content=body)

    assert answer.status_code == 400
    assert answer.json()["Message"]


def test_the_clock_goes_to_the_next_durable_timer_and_it_fires(sample: RunningHost) -> None:
    sample.start("sleeper", "clocked", 2)
    due = sample.quiet()["next_timer"]
    sample.move_clock(to="next_timer")
    sample.quiet()

    assert due is not None
    assert sample.state("clocked") == "Completed"


def test_a_timer_of_thirty_days_is_crossed_at_once(sample: RunningHost) -> None:
    sample.start("sleeper", "month", 30)
    sample.quiet()
    sample.move_clock(advance=31 * 86400)
    sample.quiet()

    assert sample.state("month") == "Completed"


def test_quiet_says_what_it_waits_for(sample: RunningHost) -> None:
    view = sample.quiet()

    assert view["quiet"] is True
    assert view["running"] == 0
    assert set(view) == {"quiet", "running", "next_timer", "next_trigger"}


def test_quiet_gives_up_with_408_while_an_activity_runs(sample: RunningHost, tmp_path: Path) -> None:
    release = tmp_path / "release"
    sample.start("holding", "busy", str(release))
    answer = sample.http.get("/admin/quiet", params={"timeout": 0.1})
    health = sample.http.get("/admin/host/status")
    release.touch()
    sample.quiet()

    assert answer.status_code == 408
    assert answer.json()["quiet"] is False
    assert answer.json()["running"] >= 1
    assert health.json()["state"] == "Running"
    assert sample.state("busy") == "Completed"
