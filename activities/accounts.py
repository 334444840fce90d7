"""Whose a Microsoft 365 account is, and how a run becomes the one that writes to it.

docs/ownership.md has the protocol; the steps named here are its steps.
"""

from dataclasses import replace
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

import azure.durable_functions as df

import wiring
from activities.activity import Call, LookAgain, StepFailed, activity, activity_with_client
from activities.fence import Owned, change_member, owned_member
from activities.okta import read_person
from clients.durable import Durable
from clients.records import EntraUser, OktaUser
from lifecycle.accounts import Account, claimed
from lifecycle.entitlement import DEPROVISIONED, protected_as
from lifecycle.events import OURS, Flow
from lifecycle.found_account import FoundAccount, HeldClaim, Look
from lifecycle.inputs import EventInput, start_of
from lifecycle.members import HANDED_OVER, Member
from lifecycle.names import is_same_name
from lifecycle.ownership import Candidate, Verdict, Whose, decide_owner
from lifecycle.readings import SHARED_FOR
from rows import accounts

bp = df.Blueprint()


@activity(bp)
async def find_account(call: Call) -> FoundAccount | None:
    """Find the account of the person and judge whose it is; nothing is written. None: there is no account.

    Looked for by the login, then by the id known from before, then by the mail address. Refuses protected accounts.
    """
    member, found_at = await owned_member(call), wiring.now()
    okta = await wiring.okta()
    user = await okta.read_user(call.okta_user_id)
    entra_user = await find_entra_user(member, user)
    if entra_user is None:
        return None
    _refuse_protected(member, user, entra_user)
    known = await accounts.find(await wiring.tables(), entra_user.id)
    row = known.record if known else None
    verdict = await judge_owner(member, user, entra_user, row)
    return FoundAccount(
        entra_user_id=entra_user.id,
        user_principal_name=entra_user.user_principal_name,
        verdict=verdict,
        owner_in_row=row.owner if row else None,
        is_intended_disabled=row is not None and row.is_intended_disabled,
        is_known=member.entra_user_id == entra_user.id,
        is_synced=entra_user.on_premises_sync_enabled,
        found_at=found_at,
    )


@activity(bp)
async def claim_account(call: Call, *, found: FoundAccount, by_operator: bool) -> HeldClaim:
    """Step 3: make this run the one that writes to the account, if the account is the person's.

    In this order: the account's row, the person's row, Okta, the decision, the write bound to the first reading. A
    claim that stands answers by the row, without deciding again: its answer may have got lost. What an operator asks
    for (`by_operator`) ends that the licenses are kept.
    """
    tables = await wiring.tables()
    stored = await accounts.find(tables, found.entra_user_id)
    if stored and (own := stored.record.claim_of(call.instance)):
        return HeldClaim(Verdict(Whose.MINE), own.predecessor, own.written_at)
    member, looked_at = await owned_member(call), wiring.now()
    user, entitlement = await read_person(call.okta_user_id)
    look = Look(entitlement.entitled, looked_at)
    known = stored.record if stored else None
    name, verdict = await _judge_found(member, user, found, known)
    if verdict.whose is not Whose.MINE or member.dry_run:
        return HeldClaim(verdict, None, look=look)
    account = claimed(known, found.entra_user_id, name, call.okta_user_id, call.instance, call.at)
    if by_operator:
        account = replace(account, kept=False)
    await (accounts.replace(tables, account, stored.etag) if stored else accounts.insert(tables, account))
    return HeldClaim(verdict, known.run if known else None, known.updated_at if known else None, look)


async def _judge_found(
    member: Member, user: OktaUser | None, found: FoundAccount, known: Account | None
) -> tuple[str, Verdict]:
    """The name of an account that was found, and whose it is. It need not be read again for its rightful owner, if that
    was done a moment ago."""
    is_young = wiring.now() - found.found_at < SHARED_FOR
    if is_young and user and _is_living(user) and _is_login(user, found.user_principal_name):
        return found.user_principal_name, Verdict(Whose.MINE)
    entra_user = await (await wiring.graph()).read_user(found.entra_user_id)
    if entra_user is None:
        raise LookAgain(f"the Microsoft 365 account {found.user_principal_name} no longer exists")
    return entra_user.user_principal_name, await judge_owner(member, user, entra_user, known)


@activity(bp)
async def note_account(call: Call, *, found: FoundAccount) -> None:
    """Let the person's row point to the account."""
    await change_member(call, entra_user_id=found.entra_user_id, user_principal_name=found.user_principal_name)


@activity_with_client(bp)
async def hand_to_owner(call: Call, durable: Durable, *, found: FoundAccount) -> None:
    """Start an activation for the user to whom the account belongs: this run yields, and no other acts for that user.

    It asks Okta whether that user is entitled. It counts as found in the log, and never as the user's newest event.
    """
    # Where a run that was started so hands over in turn, the ids would grow beyond an instance's hundred characters.
    own = str(uuid5(NAMESPACE_URL, call.event_uuid)) if OURS in call.event_uuid else call.event_uuid
    for owner in found.verdict.owners:
        event = EventInput(
            uuid=f"{own}{OURS}for-{owner.okta_user_id}",
            published=call.at,
            event_type=HANDED_OVER,
            okta_user_id=owner.okta_user_id,
            login=owner.login,
            found=True,
        )
        await durable.start(start_of(Flow.ACTIVATION, f"{Flow.ACTIVATION}-{event.uuid}", event))


async def find_entra_user(member: Member, user: OktaUser | None) -> EntraUser | None:
    """By login, known id or mail. Whoever is gone from Okta has only the account known from before: another one under
    the same name is somebody else's."""
    graph = await wiring.graph()
    if user is None:
        return await graph.read_user(member.entra_user_id or member.login)
    if by_login := await graph.read_user(user.login):
        return by_login
    if member.entra_user_id and (known := await graph.read_user(member.entra_user_id)):
        return known
    if not user.email:
        return None
    return await graph.read_user(user.email) or await graph.find_user_by_mail(user.email)


def _refuse_protected(member: Member, user: OktaUser | None, entra_user: EntraUser) -> None:
    """The Okta mail address counts only where it led to the account: whoever may edit it would else keep the own
    account enabled by setting a protected one."""
    settings = wiring.settings()
    known = {member.login, entra_user.user_principal_name, entra_user.mail}
    if user:
        is_led_by_mail = not _is_login(user, entra_user.user_principal_name) and member.entra_user_id != entra_user.id
        known |= {user.login, user.email if is_led_by_mail else None}
    if protection := protected_as(known, settings.protected_logins, settings.mail_sender):
        raise StepFailed(f"{protection}; it is never touched", permanent=True)


async def last_look(
    call: Call,
    owned: Owned,
    entra_user: EntraUser,
    *,
    left_group_id: str | None = None,
    looked_at: datetime | None = None,
) -> None:
    """Raise LookAgain if the person is entitled, or the account somebody else's, at this very moment (step 10).

    With `left_group_id` the person may well be entitled, but not be in that group. A step may have been retried for a
    day, or parked for weeks, since the flow looked; if it `looked_at` both half a minute ago, that counts. Refuses an
    account that was protected since.
    """
    _refuse_protected(owned.member, None, entra_user)
    if looked_at is not None and wiring.now() - looked_at < SHARED_FOR:
        return
    user, entitlement = await read_person(call.okta_user_id)
    _refuse_protected(owned.member, user, entra_user)
    is_back = entitlement.entitled if left_group_id is None else left_group_id in entitlement.group_ids
    if is_back:
        raise LookAgain(entitlement.reason)
    verdict = await judge_owner(owned.member, user, entra_user, owned.account)
    if verdict.whose is not Whose.MINE:
        raise LookAgain(f"the account {entra_user.user_principal_name} belongs to {verdict.in_words}")


async def is_made_again(call: Call) -> bool:
    """Whether a person whose account is gone has another one by the login. Who is gone from Okta has none: that of the
    same name is somebody else's."""
    user = await (await wiring.okta()).read_user(call.okta_user_id)
    return user is not None and await (await wiring.graph()).read_user(user.login) is not None


async def judge_owner(member: Member, user: OktaUser | None, entra_user: EntraUser, known: Account | None) -> Verdict:
    """Step 4. The living user whose login is the account's name needs no further reading."""
    name = entra_user.user_principal_name
    claimant = Candidate(member.okta_user_id, user.login if user else member.login, is_living=_is_living(user))
    if claimant.is_living and user and _is_login(user, name):
        return Verdict(Whose.MINE)
    okta = await wiring.okta()
    by_login = await okta.read_user(name)
    owner = await okta.read_user(known.owner) if known else None
    candidates = _Candidates(with_entitlement=not claimant.is_living)
    return decide_owner(
        claimant,
        by_login=await candidates.of(by_login if by_login and _is_login(by_login, name) else None),
        owner=await candidates.of(owner if owner and known and owner.id == known.owner else None),
        by_mail=[each for user in await _users_by_mail(entra_user) if (each := await candidates.of(user))],
    )


async def _users_by_mail(entra_user: EntraUser) -> list[OktaUser]:
    """The living users with the account's mail address who have no account of their own by login."""
    if not entra_user.mail:
        return []
    okta, graph = await wiring.okta(), await wiring.graph()
    found = []
    for user in await okta.find_users_by_email(entra_user.mail):
        own = await graph.read_user(user.login) if _is_living(user) else entra_user
        if own is None or own.id == entra_user.id:
            found.append(user)
    return found


class _Candidates:
    """Whether a candidate is entitled is only read where the rule asks for it: one more question to Okta for each."""

    def __init__(self, *, with_entitlement: bool) -> None:
        self._with_entitlement = with_entitlement

    async def of(self, user: OktaUser | None) -> Candidate | None:
        if user is None:
            return None
        is_entitled = self._with_entitlement and _is_living(user) and (await read_person(user.id))[1].entitled
        return Candidate(user.id, user.login, _is_living(user), is_entitled)


def _is_living(user: OktaUser | None) -> bool:
    return user is not None and user.status != DEPROVISIONED


def _is_login(user: OktaUser, name: str) -> bool:
    return is_same_name(user.login, name)
