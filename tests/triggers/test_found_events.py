"""Nothing falls between a run that looks for its event in the log and catch-up, which has read it there."""

import pytest

from clients.errors import Unavailable
from clients.tables import Tables
from lifecycle.inputs import EventInput
from rows import state
from tests.triggers.catch_up_scene import Scene, removal, run_of, scene_of

RUN = run_of(1)


@pytest.fixture
def scene(tables: Tables, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Scene:
    """One leave is in the log."""
    made = scene_of(tables, monkeypatch, caplog)
    made.okta.pages = [[removal(1)]]
    return made


def stand(scene: Scene, runtime_status: str, stage: str | None) -> None:
    """The run of a delivery has come so far."""
    scene.client.instances[RUN] = runtime_status
    if stage:
        scene.client.stages[RUN] = stage


@pytest.mark.parametrize(
    ("runtime_status", "stage"), [("Running", "awaiting_log"), ("Pending", None), ("Running", None)]
)
async def test_event_of_a_run_that_looks_for_it_is_noted_before_the_place_moves_on(
    scene: Scene, runtime_status: str, stage: str | None
) -> None:
    stand(scene, runtime_status, stage)

    await scene.tick()

    noted = await state.find_noted(scene.tables, RUN)
    assert noted is not None
    assert (noted.flow, noted.input["found"], noted.input["uuid"]) == (
        "staged_deactivation",
        True,
        removal(1)["uuid"],
    )
    assert scene.client.started == 0
    assert await scene.stored() is not None


async def test_place_stays_where_it_is_when_the_note_cannot_be_written(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise Unavailable("tables", "note")

    stand(scene, "Running", "awaiting_log")
    with monkeypatch.context() as broken:
        broken.setattr(state, "note", fails)
        await scene.tick()
    assert await scene.stored() is None

    await scene.tick()
    assert await scene.noted() == [RUN]


@pytest.mark.parametrize(("runtime_status", "stage"), [("Completed", "unseen"), ("Terminated", "awaiting_log")])
async def test_run_that_ended_without_its_event_is_started_again_by_the_log(
    scene: Scene, runtime_status: str, stage: str
) -> None:
    stand(scene, runtime_status, stage)

    await scene.tick()

    assert scene.client.instances[RUN] == "Running"
    assert scene.client.input_of(RUN, EventInput).found
    assert scene.client.started == 1
    assert await scene.noted() == [RUN]  # until its claim


@pytest.mark.parametrize(
    ("runtime_status", "stage"),
    [("Running", "claiming"), ("Running", "grace_period"), ("Completed", "unlicensed"), ("Failed", None)],
)
async def test_event_of_a_run_that_is_past_the_log_is_a_duplicate(
    scene: Scene, runtime_status: str, stage: str | None
) -> None:
    stand(scene, runtime_status, stage)

    await scene.tick()

    assert (scene.client.started, await scene.noted()) == (0, [])


async def test_event_that_was_noted_while_its_run_gave_up_is_started_by_the_next_catch_up(scene: Scene) -> None:
    stand(scene, "Running", "awaiting_log")
    await scene.tick()
    stand(scene, "Completed", "unseen")
    assert scene.client.started == 0

    await scene.tick()

    assert scene.client.input_of(RUN, EventInput).found
    assert scene.client.started == 1
    assert await scene.noted() == [RUN]


async def test_event_that_was_noted_and_whose_run_is_gone_is_started(scene: Scene) -> None:
    stand(scene, "Running", "awaiting_log")
    await scene.tick()
    del scene.client.instances[RUN]

    await scene.tick()

    assert scene.client.started == 1


async def test_noted_events_are_started_although_okta_cannot_be_reached(scene: Scene) -> None:
    stand(scene, "Running", "awaiting_log")
    await scene.tick()
    stand(scene, "Completed", "unseen")
    scene.okta.faults = {number: Unavailable("okta", "read") for number in range(9)}

    await scene.tick()

    assert scene.client.started == 1


async def test_note_waits_for_as_long_as_its_run_looks(scene: Scene) -> None:
    stand(scene, "Running", "awaiting_log")

    for _ in range(3):
        await scene.tick()

    assert (scene.client.started, await scene.noted()) == (0, [RUN])


@pytest.mark.parametrize(("runtime_status", "stage"), [("Running", "grace_period"), ("Completed", "superseded")])
async def test_note_that_came_after_the_claim_is_forgotten(scene: Scene, runtime_status: str, stage: str) -> None:
    stand(scene, "Running", "awaiting_log")
    await scene.tick()
    stand(scene, runtime_status, stage)

    await scene.tick()

    assert (scene.client.started, await scene.noted()) == (0, [])


async def test_delivery_that_comes_at_the_same_moment_is_noticed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    start_new = scene.client.start_new

    async def too_late(flow: str, instance: str, client_input: object) -> str:
        stand(scene, "Running", "awaiting_log")
        return await start_new(flow, instance, client_input)

    monkeypatch.setattr(scene.client, "start_new", too_late)

    await scene.tick()

    assert (scene.client.started, await scene.noted()) == (0, [RUN])
