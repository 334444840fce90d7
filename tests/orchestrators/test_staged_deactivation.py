"""The order of the steps of a staged deactivation, and every way in which it can go differently."""

from datetime import timedelta
from typing import Any

import pytest

from lifecycle.events import Flow
from lifecycle.retries import Failure
from orchestrators.run import play
from orchestrators.staged_deactivation import deactivate
from tests.orchestrators.driver import NOW, World, drive

DUE = NOW + timedelta(days=30)
SUPERSEDED = Failure("activation-1 has taken the person over", permanent=True, superseded=True)
NOT_ENTITLED = {"entitled": False, "reason": "the user is in no managed group", "group_ids": [], "groups": []}
ENTITLED = {
    "entitled": True,
    "reason": "the user is in Office 365 Assignments",
    "group_ids": ["00g2m365Abc9Qwe15d7"],
    "groups": ["Office 365 Assignments"],
}
HAPPY: dict[str, Any] = {
    "claim_member": {"predecessor": None, "pending": ["staged_deactivation"]},
    "read_entitlement": NOT_ENTITLED,
    "note_left_group": False,
    "plan_removal_for_left_group": {"remove": ["sku-2"], "inherited": [], "kept": []},
    "next_left_group": None,
    "pass_brake": True,
    "find_account": {"entra_user_id": "e1", "on_premises_sync": False},
    "disable_account": "done",
    "start_grace_period": {"due_at": DUE.isoformat()},
    "find_manager": {"found": True},
    "plan_removal": {"remove": ["sku-1", "sku-2"], "inherited": ["sku-3"], "kept": []},
    "remove_licenses": {"removed": ["sku-1", "sku-2"], "refused": {}},
}


def deactivation(events: list[Any] | None = None, **answers: Any) -> World:
    world = World(answers=HAPPY | answers, events=events or [])
    return drive(lambda context: play(context, Flow.DEACTIVATION, deactivate), world)


def test_everything_happens_at_once_except_the_removal() -> None:
    world = deactivation()

    assert world.names() == [
        "claim_member",
        "read_entitlement",
        "note_left_group",
        "check_group_exists",
        "pass_brake",
        "find_account",
        "record_snapshot",
        "disable_account",
        "revoke_sign_in_sessions",
        "start_grace_period",
        "find_manager",
        "mail_account_disabled",
        "read_entitlement",
        "plan_removal",
        "remove_licenses",
        "find_manager",
        "mail_licenses_removed",
        "mark_member",
    ]
    assert {at for _, at in world.steps[:12]} == {NOW}
    assert {at for _, at in world.steps[12:]} == {DUE}
    assert world.output == {"phase": "unlicensed", "reason": None}


def test_thirty_days_are_waited_for_in_timers_of_five() -> None:
    world = deactivation()

    assert [timer.fire_at for timer in world.timers] == [NOW + timedelta(days=5 * n) for n in range(1, 7)]


def test_status_says_until_when_the_licenses_stay() -> None:
    world = deactivation()

    waiting = next(status for status in world.statuses if status["stage"] == "grace_period")
    assert waiting == {"stage": "grace_period", "user": "maya.lin@contoso.com", "due_at": DUE.isoformat()}
    assert world.statuses[-1] == {"stage": "unlicensed", "user": "maya.lin@contoso.com"}


def test_mail_is_told_what_went_what_stays_and_what_was_refused() -> None:
    world = deactivation(remove_licenses={"removed": ["sku-1"], "refused": {"sku-2": "depends on sku-1"}})

    assert world.details("mail_licenses_removed") == {
        "removed": ["sku-1"],
        "refused": {"sku-2": "depends on sku-1"},
        "inherited": ["sku-3"],
        "kept": [],
    }


def test_license_the_tenant_refused_to_remove_is_tried_again_after_the_mail() -> None:
    world = deactivation(remove_licenses={"removed": ["sku-1"], "refused": {"sku-2": "depends on sku-1"}})

    assert world.details("remove_refused_licenses") == {"remove": ["sku-2"]}
    assert world.names().index("remove_refused_licenses") > world.names().index("mail_licenses_removed")


def test_person_is_claimed_however_long_that_takes_and_whoever_takes_over_meanwhile() -> None:
    down = Failure("Table Storage gave no answer", permanent=False)
    world = deactivation(
        events=[(NOW + timedelta(hours=1), "superseded", None)],
        claim_member=[down] * 40 + [HAPPY["claim_member"]],
    )

    assert world.names().count("claim_member") == 41
    assert world.names()[41] == "read_entitlement"


def test_step_that_finds_the_person_entitled_again_is_not_done_and_ends_the_run() -> None:
    returned = Failure("the user is in Office 365 Assignments", permanent=True, not_current=True)
    world = deactivation(remove_licenses=returned)

    assert "mail_licenses_removed" not in world.names()
    assert world.details("mark_member") == {
        "phase": "not_current",
        "reason": "the user is in Office 365 Assignments",
        "over": True,
    }
    assert world.output["phase"] == "not_current"


def test_entitled_user_is_left_alone() -> None:
    world = deactivation(read_entitlement=ENTITLED)

    assert world.names() == ["claim_member", "read_entitlement", "note_left_group", "next_left_group", "mark_member"]
    assert world.output == {"phase": "not_current", "reason": ENTITLED["reason"]}


def test_user_who_is_entitled_again_when_the_delay_is_over_keeps_the_licenses() -> None:
    world = deactivation(read_entitlement=[NOT_ENTITLED, ENTITLED])

    assert "plan_removal" not in world.names()
    assert world.output["phase"] == "not_current"


def test_nothing_is_done_to_the_account_before_the_earlier_run_has_ended() -> None:
    world = deactivation(
        claim_member={"predecessor": "activation-1", "pending": ["staged_deactivation"]},
        supersede=[{"finished": False}, {"finished": False}, {"finished": True}],
    )

    assert world.names()[:5] == ["claim_member", "supersede", "supersede", "supersede", "read_entitlement"]
    assert [at - NOW for _, at in world.steps[1:4]] == [timedelta(), timedelta(seconds=1), timedelta(seconds=3)]


def test_newer_event_cancels_the_timer_and_ends_the_run_without_another_step() -> None:
    world = deactivation(events=[(NOW + timedelta(days=7), "superseded", None)])

    assert world.names()[-1] == "mail_account_disabled"
    assert world.timers[-1].cancelled
    assert world.now == NOW + timedelta(days=7)
    assert world.output["phase"] == "superseded"


@pytest.mark.parametrize(
    "step", ["find_account", "record_snapshot", "disable_account", "revoke_sign_in_sessions", "plan_removal"]
)
def test_step_that_finds_a_newer_owner_is_the_last(step: str) -> None:
    world = deactivation(**{step: SUPERSEDED})

    assert world.names()[-1] == step
    assert world.output["phase"] == "superseded"


def test_transient_failure_is_tried_again_with_growing_waits() -> None:
    busy = Failure("Microsoft Graph is busy", permanent=False)
    world = deactivation(disable_account=[busy, busy, busy, "done"])

    attempts = [at - NOW for name, at in world.steps if name == "disable_account"]
    assert [wait.total_seconds() for wait in attempts] == [0, 2, 7, 22]
    assert world.output["phase"] == "unlicensed"


def test_wait_the_other_side_asked_for_is_honoured() -> None:
    throttled = Failure("Microsoft Graph is throttling", permanent=False, retry_after=40.0)
    world = deactivation(disable_account=[throttled, "done"])

    attempts = [at - NOW for name, at in world.steps if name == "disable_account"]
    assert [wait.total_seconds() for wait in attempts] == [0, 40]


def test_status_says_what_failed_and_when_it_is_tried_again() -> None:
    world = deactivation(disable_account=[Failure("Microsoft Graph is busy", permanent=False), "done"])

    assert {
        "stage": "disabling_account",
        "user": "maya.lin@contoso.com",
        "reason": "Microsoft Graph is busy; next attempt at 2026-09-14 10:38:43 UTC",
    } in world.statuses


def test_defect_in_an_activity_is_retried_and_then_parks_instead_of_ending_the_flow() -> None:
    world = deactivation(disable_account=ZeroDivisionError("Activity function 'disable_account' failed"))

    assert world.waits_for_ever
    assert world.now - NOW > timedelta(hours=23)
    assert world.statuses[-1]["stage"] == "needs_attention"
    assert "disable_account" in world.statuses[-1]["reason"]


def test_permanent_failure_parks_at_once_and_tells_the_operators() -> None:
    world = deactivation(find_account=Failure("no Microsoft 365 account found", permanent=True))

    assert world.waits_for_ever
    assert world.now == NOW
    assert world.names()[-3:] == ["find_account", "mark_member", "mail_operators"]
    assert world.details("mark_member")["awaiting_command"] == "command-1"


def test_operators_retry_runs_the_step_again() -> None:
    world = deactivation(
        events=[(NOW + timedelta(hours=3), "command-1", "retry")],
        find_account=[Failure("no Microsoft 365 account found", permanent=True), HAPPY["find_account"]],
    )

    assert world.names().count("find_account") == 2
    assert world.output["phase"] == "unlicensed"


def test_operators_skip_goes_on_with_the_next_step() -> None:
    world = deactivation(
        events=[(NOW + timedelta(hours=3), "command-1", '"skip"')],
        disable_account=Failure("the tenant refuses: privileged role", permanent=True),
    )

    assert world.names().count("disable_account") == 1
    assert "revoke_sign_in_sessions" in world.names()


def test_step_that_later_steps_need_cannot_be_skipped() -> None:
    world = deactivation(
        events=[(NOW + timedelta(hours=3), "command-1", "skip")],
        find_account=Failure("no Microsoft 365 account found", permanent=True),
    )

    assert world.waits_for_ever
    assert world.details("mark_member")["awaiting_command"] == "command-2"


def test_operators_discard_ends_the_run() -> None:
    world = deactivation(
        events=[(NOW + timedelta(hours=3), "command-1", "discard")],
        find_account=Failure("no Microsoft 365 account found", permanent=True),
    )

    assert world.output["phase"] == "not_current"
    assert "discarded by an operator" in world.output["reason"]
    assert "disable_account" not in world.names()


def test_parked_run_makes_way_for_a_newer_event() -> None:
    world = deactivation(
        events=[(NOW + timedelta(hours=3), "superseded", None)],
        find_account=Failure("no Microsoft 365 account found", permanent=True),
    )

    assert world.output["phase"] == "superseded"


def test_mail_that_cannot_be_sent_does_not_hold_the_flow_up() -> None:
    world = deactivation(mail_account_disabled=Failure("the mailbox does not exist", permanent=True))

    assert world.output["phase"] == "unlicensed"
    assert "the mailbox does not exist" in world.statuses[-1]["reason"]


LEFT = {"group_id": "00gVisio", "name": "Visio Users", "due_at": (NOW + timedelta(days=7)).isoformat()}


def test_leaving_one_of_two_groups_takes_the_licenses_of_that_group_and_leaves_the_account_alone() -> None:
    world = deactivation(read_entitlement=ENTITLED, note_left_group=True, next_left_group=[LEFT, None])

    assert {"disable_account", "revoke_sign_in_sessions"}.isdisjoint(world.names())
    assert world.details("plan_removal_for_left_group") == {
        "left": "Visio Users",
        "left_group_id": "00gVisio",
        "remaining": ["Office 365 Assignments"],
    }
    assert next(at for name, at in world.steps if name == "remove_licenses") == NOW + timedelta(days=7)
    assert world.output == {"phase": "active", "reason": None}


def test_group_that_was_joined_again_during_its_delay_keeps_its_licenses() -> None:
    back = ENTITLED | {"group_ids": ["00g2m365Abc9Qwe15d7", "00gVisio"]}
    world = deactivation(read_entitlement=[ENTITLED, back], note_left_group=True, next_left_group=[LEFT, None])

    assert "plan_removal_for_left_group" not in world.names()
    assert world.output["phase"] == "active"


def test_member_of_a_deleted_group_is_not_deactivated_unless_an_operator_says_so() -> None:
    world = deactivation(check_group_exists=Failure("the managed group was deleted in Okta", permanent=True))

    assert world.waits_for_ever
    assert "disable_account" not in world.names()


def test_one_of_a_wave_is_held_and_not_disabled() -> None:
    world = deactivation(pass_brake=False)

    assert world.waits_for_ever
    assert world.statuses[-1]["stage"] == "held"
    assert world.details("mark_member")["awaiting_command"] == "command-1"
    assert "disable_account" not in world.names()


def test_released_run_reads_okta_again_before_it_goes_on() -> None:
    released = [(NOW + timedelta(days=2), "command-1", "release")]

    world = deactivation(events=released, pass_brake=False)
    assert world.output["phase"] == "unlicensed"

    world = deactivation(events=released, pass_brake=False, read_entitlement=[NOT_ENTITLED, ENTITLED])
    assert "disable_account" not in world.names()


def test_operator_ends_the_delay() -> None:
    world = deactivation(events=[(NOW + timedelta(days=2), "command-1", {"command": "remove-now"})])

    assert next(at for name, at in world.steps if name == "remove_licenses") == NOW + timedelta(days=2)
    assert world.timers[-1].cancelled


def test_operator_extends_the_delay() -> None:
    later = NOW + timedelta(days=90)
    world = deactivation(
        events=[(NOW + timedelta(days=2), "command-1", {"command": "extend", "until": later.isoformat()})],
        change_due_at={"due_at": later.isoformat()},
    )

    assert world.details("change_due_at") == {"due_at": later.isoformat(), "awaiting_command": "command-2"}
    assert next(at for name, at in world.steps if name == "remove_licenses") == later


def test_operator_keeps_the_licenses() -> None:
    world = deactivation(events=[(NOW + timedelta(days=2), "command-1", "keep")])

    assert "plan_removal" not in world.names()
    assert world.output == {"phase": "not_current", "reason": "an operator decided that the licenses stay"}


def test_operators_keep_is_written_down_for_whatever_leave_comes_next() -> None:
    world = deactivation(events=[(NOW + timedelta(days=2), "command-1", "keep")])

    assert world.details("mark_member")["kept"] is True


def test_licenses_an_operator_kept_stay_when_the_person_leaves_once_more() -> None:
    world = deactivation(start_grace_period={"kept": True})

    assert "disable_account" in world.names()
    assert {"mail_account_disabled", "plan_removal"}.isdisjoint(world.names())
    assert world.output == {"phase": "not_current", "reason": "an operator decided that the licenses stay"}


def test_command_is_heard_by_the_name_in_the_row_although_the_step_that_wrote_it_had_parked() -> None:
    full = Failure("the row is too large", permanent=True)
    world = deactivation(
        events=[(NOW + timedelta(hours=1), "command-2", "retry"), (NOW + timedelta(days=2), "command-1", "remove-now")],
        start_grace_period=[full, {"due_at": DUE.isoformat()}],
    )

    assert world.details("start_grace_period") == {"awaiting_command": "command-1"}
    assert next(at for name, at in world.steps if name == "remove_licenses") == NOW + timedelta(days=2)


@pytest.mark.parametrize("nonsense", ["hurry up", "retry", {"command": "extend"}])
def test_nonsense_raised_as_a_command_neither_ends_the_delay_nor_makes_the_run_deaf(nonsense: object) -> None:
    world = deactivation(
        events=[(NOW + timedelta(days=2), "command-1", nonsense), (NOW + timedelta(days=3), "command-2", "remove-now")],
        change_due_at={"due_at": DUE.isoformat()},
    )

    assert world.details("change_due_at") == {"due_at": DUE.isoformat(), "awaiting_command": "command-2"}
    assert next(at for name, at in world.steps if name == "remove_licenses") == NOW + timedelta(days=3)


def test_activation_under_way_is_brought_to_its_end_by_whoever_took_the_person_over() -> None:
    world = deactivation(
        claim_member={"predecessor": None, "pending": ["activation", "staged_deactivation"]},
        read_entitlement=ENTITLED,
        enable_account="already",
        plan_licenses=[[{"sku_id": "visio", "disabled_plans": []}]],
        assign_licenses={"given": ["visio"], "no_seat": [], "refused": {}},
    )

    assert world.details("assign_licenses") == {"wanted": [{"sku_id": "visio", "disabled_plans": []}]}
    assert world.output["phase"] == "active"
