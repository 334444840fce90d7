"""Returning: the account enabled at once, and exactly the licenses given back that were taken."""

from collections.abc import Container

from activities.giving_back import (
    assign_licenses,
    assign_refused_licenses,
    note_newcomer,
    prepare_assignment,
    settle_snapshot,
)
from activities.mail import mail_account_enabled
from activities.members import end_grace_period
from activities.microsoft365 import check_intent, enable_account, ensure_usage_location
from lifecycle import stages
from lifecycle.effects import Effect
from lifecycle.entitlement import Entitlement
from lifecycle.licenses import Assignment, WantedLicense
from lifecycle.members import ENABLE
from lifecycle.orders import Command
from lifecycle.ownership import Whose
from lifecycle.readings import SECOND_LOOK_AFTER, SETTLED_AFTER
from lifecycle.retries import Failure
from lifecycle.stages import Phase
from orchestrators.accounts import await_account, claim, find
from orchestrators.instance import Steps
from orchestrators.left_groups import remove_for_left_groups
from orchestrators.run import Ending, Run, TurnRound
from orchestrators.waits import await_seat

Wanted = tuple[WantedLicense, ...]


def give_back(run: Run, entitlement: Entitlement) -> Steps[Ending]:
    """Everything that happens to a person who is entitled, from the first step to the last."""
    run.has_passed_brake = False  # whoever leaves again is one more
    yield from become_owner(run)
    yield from run.step(stages.NOTE_NEWCOMER, note_newcomer, entitlement=entitlement)
    yield from run.step(stages.END_GRACE_PERIOD, end_grace_period, group_ids=entitlement.group_ids)
    was_disabled = (yield from enable(run)) is Effect.DONE
    wanted = yield from run.step(stages.PLAN_LICENSES, prepare_assignment, groups=entitlement.groups)
    if wanted:
        yield from run.skippable_step(stages.SET_USAGE_LOCATION, ensure_usage_location)
    assignment = yield from run.step(stages.ASSIGN_LICENSES, assign_licenses, wanted=wanted)
    if was_disabled or assignment.is_news:
        yield from tell_what_was_given(run, assignment, was_disabled=was_disabled)
    assignment = yield from stay_enabled(run, wanted, assignment)
    given, refused = yield from await_seats(run, wanted, assignment)
    if refused:
        yield from run.skippable_step(stages.ASSIGN_REFUSED, assign_refused_licenses, wanted=only(wanted, refused))
    yield from run.skippable_step(
        stages.SETTLE_SNAPSHOT, settle_snapshot, given=tuple(sorted(given)), group_ids=entitlement.group_ids
    )
    yield from remove_for_left_groups(run, entitlement)
    return (yield from run.finish(Phase.ACTIVE))


def become_owner(run: Run) -> Steps[None]:
    """Wait for the account if it is not there yet, or is still somebody else's; then claim it.

    Raises TurnRound when it is, or was, somebody else's: by then Okta may say otherwise.
    """
    missing = 0
    while True:
        found = yield from find(run)
        if found is None:
            yield from await_account(run, missing)
            missing += 1
        elif found.verdict.whose is not Whose.MINE:
            reason = f"the account {found.user_principal_name} belongs to {found.verdict.in_words}"
            yield from run.park_for_an_hour(stages.FIND_ACCOUNT, Failure(reason, permanent=True))
            raise TurnRound(reason)
        elif (yield from claim(run, found)):
            if run.look and not run.look.is_entitled:
                raise TurnRound("the person left meanwhile")
            return
        else:  # one of two readings is late, or somebody has just come or gone
            run.show(stages.FIND_ACCOUNT.name, reason="it is not clear whose the account is; it is looked at again")
            yield from run.pause(run.after(SECOND_LOOK_AFTER))
            raise TurnRound("the account was taken over meanwhile")


def enable(run: Run) -> Steps[Effect | None]:
    """What somebody else disabled stays disabled until an operator says `retry`; with `skip` it stays so."""
    is_asked = run.input.event_type == ENABLE
    effect = yield from run.skippable_step(stages.ENABLE_ACCOUNT, enable_account, by_operator=is_asked)
    if effect is Effect.NOT_OURS:  # a replica may not know yet that it was enabled a moment ago
        yield from run.pause(run.after(SECOND_LOOK_AFTER))
        effect = yield from run.skippable_step(stages.ENABLE_ACCOUNT, enable_account)
    if effect is not Effect.NOT_OURS:
        return effect
    failure = Failure("somebody else disabled the account; `retry` enables it, `discard` leaves it", permanent=True)
    if (yield from run.park(stages.ENABLE_ACCOUNT, failure)) is not Command.RETRY:
        return None
    return (yield from run.skippable_step(stages.ENABLE_ACCOUNT, enable_account, by_operator=True))


def stay_enabled(run: Run, wanted: Wanted, assignment: Assignment) -> Steps[Assignment]:
    """After a hand-over a late write of the run before may undo it: look again some minutes later.

    Before the wait for seats, which may last for weeks. Returns what has become of the assignment by then.
    """
    if not run.was_handed_over:
        return assignment
    run.show(stages.CHECK_ENABLED.name, reason="the run before has only just ended; it is looked at again")
    yield from run.pause(run.after(SETTLED_AFTER))
    if not (yield from run.step(stages.CHECK_ENABLED, check_intent)):
        yield from enable(run)
    again = yield from run.step(stages.ASSIGN_LATER, assign_licenses, wanted=only(wanted, assignment.given))
    return Assignment(again.given, assignment.no_seat + again.no_seat, {**assignment.refused, **again.refused})


def await_seats(run: Run, wanted: Wanted, assignment: Assignment) -> Steps[tuple[set[str], set[str]]]:
    """Try every hour, for two weeks, to assign what found no free seat; then it needs a person.

    Returns every SKU that was given, and every SKU that the tenant refused, first or later.
    """
    given, refused = set(assignment.given), set(assignment.refused)
    attempts = 0
    while assignment.no_seat and (yield from await_seat(run, assignment.no_seat, attempts)):
        missing = only(wanted, assignment.no_seat)
        assignment = yield from run.step(stages.ASSIGN_LATER, assign_licenses, wanted=missing)
        if assignment.given:
            yield from tell_what_was_given(run, assignment, was_disabled=False)
        given |= set(assignment.given)
        refused |= set(assignment.refused)
        attempts += 1
    return given, refused


def tell_what_was_given(run: Run, assignment: Assignment, *, was_disabled: bool) -> Steps[None]:
    return run.tell_manager(stages.MAIL_ENABLED, mail_account_enabled, was_disabled=was_disabled, assignment=assignment)


def only(wanted: Wanted, sku_ids: Container[str]) -> Wanted:
    return tuple(each for each in wanted if each.sku_id in sku_ids)
