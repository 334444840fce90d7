"""Finding the person's account, and becoming the run that writes to it (docs/ownership.md)."""

from activities.accounts import claim_account, find_account, note_account
from lifecycle import stages
from lifecycle.found_account import FoundAccount
from lifecycle.members import is_of_operator
from lifecycle.ownership import Whose
from lifecycle.readings import SECOND_LOOK_AFTER, SETTLED_AFTER
from lifecycle.retries import Failure, retry_waits
from orchestrators.instance import Retries, Steps
from orchestrators.ownership import await_end_of
from orchestrators.run import Run, TurnRound


def find(run: Run) -> Steps[FoundAccount | None]:
    """The account and whose it is; None when there is none. What would take it from another user is looked at twice.

    Two living users with the account's mail address: parked, naming both, and looked at again every hour.
    """
    while True:
        found = yield from run.step(stages.FIND_ACCOUNT, find_account)
        if found is not None and found.needs_second_look(run.input.okta_user_id):
            run.show(
                stages.FIND_ACCOUNT.name, reason="another user has, or had, the account; it is looked at once more"
            )
            yield from run.pause(run.after(SECOND_LOOK_AFTER))
            found = yield from run.step(stages.FIND_ACCOUNT, find_account)
        if found is None or found.verdict.whose is not Whose.UNCLEAR:
            return found
        reason = f"the account {found.user_principal_name} has the mail address of several users: "
        yield from run.park_for_an_hour(stages.FIND_ACCOUNT, Failure(reason + found.verdict.in_words, permanent=True))


def find_or_park(run: Run) -> Steps[FoundAccount]:
    """As `find`, for a person who has to have an account: without one it needs an operator."""
    while (found := (yield from find(run))) is None:
        yield from run.park(stages.FIND_ACCOUNT, no_account(run))
    return found


def no_account(run: Run) -> Failure:
    reason = (
        f"no Microsoft 365 account found for {run.input.login}: none has the Okta login or email as its name or mail"
    )
    return Failure(reason, permanent=True)


def claim(run: Run, found: FoundAccount) -> Steps[bool]:
    """Claim the account, and wait until the run that stood in its row has ended. Returns whether it is the person's.

    Deaf to `superseded` from the first attempt until the answer: a claim may stand although its answer got lost, and
    then its predecessor has to be waited for before this run may end.
    """
    if run.account_id not in (None, found.entra_user_id):
        reason = (
            f"the account {found.user_principal_name} is another one than before, deleted and made again or renamed;"
            f" a run acts on one account alone: discard this one, then `deactivate` or `activate`"
        )
        yield from run.park(stages.CLAIM_ACCOUNT, Failure(reason, permanent=True))
        raise TurnRound(reason)  # it may be the first one again; a second one is never claimed
    retries = Retries(retry_waits(), run.sleep, lambda reason: run.show(stages.CLAIM_ACCOUNT.name, reason=reason))
    held = yield from run.insist(retries, claim_account, found=found, by_operator=is_of_operator(run.input.event))
    if held.verdict.whose is not Whose.MINE:
        return False
    run.account_id, run.look = found.entra_user_id, held.look
    if held.predecessor is not None and held.predecessor != run.id:
        was_just_written = held.written_at is None or run.now - held.written_at < SETTLED_AFTER
        was_alive = yield from await_end_of(held.predecessor, run)
        run.was_handed_over = was_alive or was_just_written
    yield from run.step(stages.CLAIM_ACCOUNT, note_account, found=found)
    return True


def claim_own(run: Run) -> Steps[None]:
    """Find and claim the account of a person who is entitled. Raises TurnRound when it is somebody else's."""
    found = yield from find_or_park(run)
    if found.verdict.whose is not Whose.MINE or not (yield from claim(run, found)):
        raise TurnRound(f"the account {found.user_principal_name} belongs to {found.verdict.in_words}")


def await_account(run: Run, attempts: int) -> Steps[None]:
    """Wait for an account that is not there yet: with growing waits, for a day; then it needs a person."""
    waits = [*retry_waits()]
    if attempts >= len(waits):
        yield from run.park(stages.AWAIT_ACCOUNT, no_account(run))
        return
    again_at = run.after(waits[attempts])
    run.show(
        stages.AWAIT_ACCOUNT.name, reason=f"{no_account(run).reason}; next look at {again_at:%Y-%m-%d %H:%M:%S} UTC"
    )
    yield from run.pause(again_at)
