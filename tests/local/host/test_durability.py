"""Nothing is forgotten: hosts killed at random moments, a database that cannot be written, restarts."""

import json
import random
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from tests.local.host.running import SAMPLE_APP, RunningHost, until

CITIES = [f"city-{number}" for number in range(8)]
INSTANCES = 10
KILLS = 4
# Together they leave work for after the last kill, unless the machine is so busy that a kill comes late.
MOST_RUNS_BEFORE_A_KILL = 15


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def host(folder: Path) -> RunningHost:
    return RunningHost(SAMPLE_APP, folder / "hub", {"TRACE_FILE": str(folder / "trace")})


def trace(folder: Path) -> list[str]:
    """What the sample app noted of the activities it ran."""
    path = folder / "trace"
    return path.read_text().splitlines() if path.exists() else []


def events(folder: Path, instance_id: str) -> list[dict[str, object]]:
    with sqlite3.connect(folder / "hub" / "hub.sqlite") as connection:
        rows = connection.execute("SELECT event FROM history WHERE instance_id = ? ORDER BY position", (instance_id,))
        return [json.loads(row[0]) for row in rows]


def test_instances_survive_kills_at_random_moments(folder: Path) -> None:
    dice = random.Random(7)
    running = host(folder)
    for number in range(INSTANCES):
        assert running.start("hello_chain", f"chain-{number}", CITIES).status_code == 202
    for _ in range(KILLS):
        wanted = min(len(trace(folder)) + dice.randint(1, MOST_RUNS_BEFORE_A_KILL), INSTANCES * len(CITIES))
        assert until(lambda: len(trace(folder)) >= wanted)  # noqa: B023 - called at once
        running.kill()
        running = host(folder)
    running.quiet()
    while running.quiet()["next_timer"]:
        running.move_clock(advance=1)
    outputs = [running.instance(f"chain-{number}") for number in range(INSTANCES)]
    running.stop()

    assert {output["runtimeStatus"] for output in outputs} == {"Completed"}
    assert all(output["output"] == [f"Hello {city}!" for city in CITIES] for output in outputs)
    for number in range(INSTANCES):
        assert_consistent(events(folder, f"chain-{number}"))
    runs = Counter(trace(folder))
    assert all(runs[f"say_hello {city}"] >= INSTANCES for city in CITIES), "every activity ran at least once"


def assert_consistent(history: list[dict[str, object]]) -> None:
    """Each task was scheduled once and answered once, and the ids have no gap."""
    scheduled = [event["EventId"] for event in history if event["EventType"] in (4, 10)]
    answered = [
        event.get("TaskScheduledId", event.get("TimerId")) for event in history if event["EventType"] in (5, 11)
    ]
    assert scheduled == list(range(2 * len(CITIES)))
    assert answered == scheduled
    assert [event["EventType"] for event in history[:2]] == [12, 0]


def test_a_long_timer_and_the_moved_clock_survive_a_kill(folder: Path) -> None:
    first = host(folder)
    first.start("sleeper", "sleeps", 30)
    first.quiet()
    first.move_clock(advance=4 * 86400)
    first.quiet()
    before = first.now()
    first.kill()
    second = host(folder)
    after = second.now()
    while second.quiet()["next_timer"]:
        second.move_clock(to="next_timer")
    status = second.instance("sleeps")
    second.stop()

    assert after >= before
    assert (status["runtimeStatus"], status["output"]) == ("Completed", "awake")
    assert status["lastUpdatedTime"] > status["createdTime"]


def test_an_activity_that_was_running_at_the_kill_runs_again(folder: Path) -> None:
    release = folder / "release"
    first = host(folder)
    first.start("holding", "held", str(release))
    assert until(lambda: len(trace(folder)) == 1)
    first.kill()
    second = host(folder)
    release.touch()
    second.quiet()
    state = second.state("held")
    second.stop()

    assert state == "Completed"
    assert trace(folder) == [f"hold {release}"] * 2


def test_a_locked_database_is_a_500_in_json_and_the_host_goes_on_afterwards(folder: Path) -> None:
    running = host(folder)
    release = folder / "release"
    running.start("holding", "meanwhile", str(release))
    assert until(lambda: len(trace(folder)) == 1)
    with sqlite3.connect(folder / "hub" / "hub.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        release.touch()
        refused = running.start("waiter", "refused")
        running.start("waiter", "refused-too")
        read = running.http.get("/durabletask/instances/meanwhile")
        other.execute("ROLLBACK")
    other.close()
    accepted = running.start("waiter", "accepted")
    running.quiet()
    state = running.state("meanwhile")
    code = running.stop()

    assert refused.status_code == 500
    assert "database is locked" in refused.json()["ExceptionMessage"]
    assert read.status_code == 202
    assert accepted.status_code == 202
    assert state == "Completed"
    assert code == 0
    assert running.logged("The task hub cannot be written")
