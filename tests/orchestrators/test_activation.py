"""The order of the steps of an activation, and every way in which it can go differently."""

from datetime import timedelta
from typing import Any

from lifecycle.events import Flow
from lifecycle.retries import SEAT_ATTEMPTS, Failure
from orchestrators.activation import activate
from orchestrators.run import play
from tests.orchestrators.driver import NOW, World, drive

ENTITLED = {
    "entitled": True,
    "reason": "the user is in Office 365 Assignments",
    "group_ids": ["00g2m365Abc9Qwe15d7"],
    "groups": ["Office 365 Assignments"],
}
GONE = {"entitled": False, "reason": "the user is in no managed group", "group_ids": [], "groups": []}
E3 = {"sku_id": "e3", "disabled_plans": ["sway"]}
VISIO = {"sku_id": "visio", "disabled_plans": []}
ALL_GIVEN: dict[str, Any] = {"given": ["e3", "visio"], "no_seat": [], "refused": {}}
NO_VISIO: dict[str, Any] = {"given": ["e3"], "no_seat": ["visio"], "refused": {}}
STILL_NO_VISIO: dict[str, Any] = {"given": [], "no_seat": ["visio"], "refused": {}}
HAPPY: dict[str, Any] = {
    "claim_member": {"predecessor": None, "pending": ["activation"]},
    "read_entitlement": ENTITLED,
    "find_account": {"entra_user_id": "e1", "on_premises_sync": False},
    "enable_account": "done",
    "plan_licenses": [[E3, VISIO]],
    "assign_licenses": ALL_GIVEN,
    "find_manager": {"found": True},
    "next_left_group": None,
}


def activation(events: list[Any] | None = None, **answers: Any) -> World:
    world = World(answers=HAPPY | answers, events=events or [], instance_id="activation-1")
    return drive(lambda context: play(context, Flow.ACTIVATION, activate), world)


def times(world: World, name: str) -> int:
    return world.names().count(name)


def test_account_is_enabled_before_the_licenses_are_given_and_the_manager_told() -> None:
    world = activation()

    assert world.names() == [
        "claim_member",
        "read_entitlement",
        "end_grace_period",
        "find_account",
        "enable_account",
        "plan_licenses",
        "ensure_usage_location",
        "assign_licenses",
        "find_manager",
        "mail_account_enabled",
        "settle_snapshot",
        "next_left_group",
        "mark_member",
    ]
    assert {at for _, at in world.steps} == {NOW}
    assert world.output == {"phase": "active", "reason": None}


def test_who_is_not_entitled_after_all_is_not_enabled() -> None:
    world = activation(read_entitlement=GONE)

    assert world.names() == ["claim_member", "read_entitlement", "mark_member"]
    assert world.output == {"phase": "not_current", "reason": GONE["reason"]}


def test_deactivation_under_way_is_brought_to_its_end_when_the_person_is_not_entitled() -> None:
    due = NOW + timedelta(days=12)
    world = activation(
        read_entitlement=GONE,
        claim_member={"predecessor": None, "pending": ["staged_deactivation", "activation"]},
        pass_brake=True,
        start_grace_period={"due_at": due.isoformat()},
        plan_removal={"remove": ["e3"], "inherited": [], "kept": []},
        remove_licenses={"removed": ["e3"], "refused": {}},
    )

    assert next(at for name, at in world.steps if name == "remove_licenses") == due
    assert world.output["phase"] == "unlicensed"


def test_nothing_to_give_needs_no_usage_location() -> None:
    world = activation(plan_licenses=[[]], assign_licenses={"given": [], "no_seat": [], "refused": {}})

    assert "ensure_usage_location" not in world.names()
    assert times(world, "mail_account_enabled") == 1


def test_nobody_is_mailed_when_nothing_changed() -> None:
    nothing = {"given": [], "no_seat": [], "refused": {}}
    world = activation(enable_account="already", plan_licenses=[[]], assign_licenses=nothing)

    assert "mail_account_enabled" not in world.names()


def test_account_that_is_being_provisioned_is_waited_for() -> None:
    not_yet = Failure("no Microsoft 365 account found", permanent=False)
    world = activation(find_account=[not_yet, not_yet, HAPPY["find_account"]])

    assert world.details("find_account") == {"may_appear": True}
    assert world.output["phase"] == "active"


def test_license_without_a_seat_is_tried_for_every_hour_and_told_of_when_it_comes() -> None:
    world = activation(assign_licenses=[NO_VISIO, STILL_NO_VISIO, STILL_NO_VISIO, ALL_GIVEN])

    assert world.now == NOW + timedelta(hours=3)
    assert times(world, "mail_operators_about_seats") == 1
    assert times(world, "mail_account_enabled") == 2
    assert world.details("assign_licenses") == {"wanted": [VISIO]}
    assert world.output["phase"] == "active"


def test_after_two_weeks_without_a_seat_a_person_is_asked() -> None:
    world = activation(assign_licenses=[NO_VISIO, STILL_NO_VISIO])

    assert world.waits_for_ever
    assert world.now == NOW + timedelta(hours=SEAT_ATTEMPTS)
    assert times(world, "mail_operators_about_seats") == 1
    assert world.details("mail_operators")["reason"] == "no free seat of visio"


def test_license_an_operator_gives_up_waiting_for_does_not_keep_the_flow_from_its_end() -> None:
    two_weeks = NOW + timedelta(hours=SEAT_ATTEMPTS)

    world = activation([(two_weeks, "command-1", "skip")], assign_licenses=[NO_VISIO, STILL_NO_VISIO])

    assert times(world, "mail_operators") == 1
    assert "settle_snapshot" in world.names()
    assert world.output["phase"] == "active"


def test_license_the_tenant_refuses_parks_after_everything_else_is_done() -> None:
    refused = {"given": ["e3"], "no_seat": [], "refused": {"visio": "mutually exclusive"}}
    stays = Failure("visio: mutually exclusive", permanent=True)

    world = activation(assign_licenses=refused, assign_refused_licenses=stays)

    assert world.waits_for_ever
    assert world.details("assign_refused_licenses") == {"wanted": [VISIO]}
    assert world.names().index("mail_account_enabled") < world.names().index("assign_refused_licenses")


def test_license_refused_only_when_its_seat_came_is_not_forgotten() -> None:
    refused = {"given": [], "no_seat": [], "refused": {"visio": "mutually exclusive"}}

    world = activation(assign_licenses=[NO_VISIO, refused])

    assert world.details("assign_refused_licenses") == {"wanted": [VISIO]}


def test_leaving_again_ends_the_wait_for_a_seat() -> None:
    world = activation(
        events=[(NOW + timedelta(minutes=30), "superseded", None)], assign_licenses=[NO_VISIO, STILL_NO_VISIO]
    )

    assert world.output["phase"] == "superseded"
    assert world.timers[-1].cancelled
    assert times(world, "assign_licenses") == 1
