"""How a run becomes the owner of a person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lifecycle.events import LogEvent
from lifecycle.members import REMEMBERED_CLAIMS, Member, decide_claim
from lifecycle.stages import Phase

AT = datetime(2026, 9, 14, 10, 38, 42, tzinfo=UTC)
LEAVE = LogEvent(
    uuid="d41c7e80",
    published=datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC),
    event_type="group.user_membership.remove",
    okta_user_id="00u7new3Zp5Rt6Vb15d7",
    login="maya.lin@contoso.com",
)
RETURN = replace(LEAVE, uuid="d41c7e99", published=LEAVE.published + timedelta(seconds=5))


def claimed(event: LogEvent, instance: str, held: Member | None = None, flow: str = "leaving") -> Member:
    member = decide_claim(held, event, flow, instance, AT).member
    assert member is not None
    return member


def test_first_event_claims_the_person_and_has_no_predecessor() -> None:
    claim = decide_claim(None, LEAVE, "leaving", "leave-1", AT)

    assert claim.predecessor is None
    assert claim.member is not None
    assert (claim.member.instance, claim.member.phase) == ("leave-1", Phase.CLAIMED)


def test_newer_event_takes_over_and_learns_whom_it_succeeds() -> None:
    claim = decide_claim(claimed(LEAVE, "leave-1"), RETURN, "leaving", "return-1", AT)

    assert claim.predecessor == "leave-1"


def test_older_event_that_comes_late_takes_over_too_since_okta_says_what_is_true() -> None:
    claim = decide_claim(claimed(RETURN, "return-1"), LEAVE, "leaving", "leave-1", AT)

    assert claim.predecessor == "return-1"
    assert claim.member is not None
    assert (claim.member.instance, claim.member.published) == ("leave-1", RETURN.published)


def test_repeated_claim_answers_what_it_answered_first() -> None:
    owned = claimed(RETURN, "return-1", held=claimed(LEAVE, "leave-1"))

    claim = decide_claim(owned, RETURN, "leaving", "return-1", AT)

    assert (claim.predecessor, claim.member) == ("leave-1", None)


def test_claim_repeated_after_a_newer_one_still_names_its_predecessor_so_that_it_waits_for_it() -> None:
    first = claimed(LEAVE, "leave-1")
    second = claimed(RETURN, "return-1", held=first)
    third = claimed(replace(RETURN, uuid="e", published=RETURN.published + timedelta(1)), "leave-2", held=second)

    claim = decide_claim(third, RETURN, "leaving", "return-1", AT)

    assert (claim.predecessor, claim.member) == ("leave-1", None)


def test_due_time_and_snapshot_outlive_a_take_over() -> None:
    held = replace(claimed(LEAVE, "leave-1"), due_at=AT + timedelta(days=30), snapshot="{}", entra_user_id="e1")

    member = claimed(RETURN, "return-1", held=held)

    assert (member.due_at, member.snapshot, member.entra_user_id) == (held.due_at, held.snapshot, "e1")


def test_row_does_not_grow_with_every_claim() -> None:
    member: Member | None = None
    for n in range(3 * REMEMBERED_CLAIMS):
        event = replace(LEAVE, uuid=f"{n:04}", published=LEAVE.published + timedelta(minutes=n))
        member = claimed(event, f"run-{n}", held=member)

    assert member is not None
    assert len(member.claims) == REMEMBERED_CLAIMS


def test_whoever_takes_a_person_over_learns_what_is_under_way() -> None:
    held = claimed(LEAVE, "leave-1", flow="staged_deactivation")

    claim = decide_claim(held, RETURN, "activation", "return-1", AT)

    assert claim.pending == ("staged_deactivation", "activation")


def test_what_was_brought_to_its_end_is_under_way_no_more() -> None:
    held = replace(claimed(LEAVE, "leave-1", flow="staged_deactivation"), pending=())

    assert decide_claim(held, RETURN, "activation", "return-1", AT).pending == ("activation",)
