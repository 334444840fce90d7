"""A slip in OFFICE_GROUP is told of at the first run of the timer, and once."""

import pytest

from clients.errors import Unavailable
from clients.tables import Tables
from lifecycle.inputs import NoticeInput
from lifecycle.notices import GroupMissing
from tests.triggers.catch_up_scene import Scene, scene_of
from triggers import managed_groups


@pytest.fixture
def scene(tables: Tables, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Scene:
    return scene_of(tables, monkeypatch, caplog)


def told(scene: Scene) -> list[object]:
    return [scene.client.input_of(instance, NoticeInput).notice for instance in scene.client.instances]


async def test_a_group_that_exists_is_looked_for_once_and_nobody_is_told(scene: Scene) -> None:
    for _ in range(3):
        await scene.tick()

    assert scene.okta.looked_for == ["Office 365 Assignments"]
    assert (told(scene), scene.errors) == ([], [])


async def test_a_slip_is_a_line_in_the_log_and_one_mail_that_names_what_may_be_meant(scene: Scene) -> None:
    scene.okta.groups = ["Office 365 assignments"]

    for _ in range(3):
        await scene.tick()

    assert told(scene) == [GroupMissing("Office 365 Assignments", "Office 365 assignments")]
    [line] = scene.errors
    assert "Okta has no group 'Office 365 Assignments'" in line
    assert "Write 'Office 365 assignments'" in line


async def test_another_process_tells_it_in_its_log_and_sends_no_second_mail(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.okta.groups = []
    await scene.tick()
    scene.client.instances = dict.fromkeys(scene.client.instances, "Completed")
    monkeypatch.setattr(managed_groups, "_looked_at", set())

    await scene.tick()

    assert (len(scene.errors), scene.client.started) == (2, 1)


async def test_groups_that_could_not_be_looked_for_are_looked_for_again(scene: Scene) -> None:
    scene.okta.groups, scene.okta.group_fault = [], Unavailable("okta", "GET /api/v1/groups", status=503)
    await scene.tick()
    assert told(scene) == []
    scene.okta.group_fault = None

    await scene.tick()

    assert told(scene) == [GroupMissing("Office 365 Assignments", None)]


async def test_the_system_log_is_read_whatever_is_wrong_with_the_groups(scene: Scene) -> None:
    scene.okta.group_fault = Unavailable("okta", "GET /api/v1/groups", status=503)

    await scene.tick()

    assert await scene.stored() is not None
