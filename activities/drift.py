"""The steps of a drift check: everything is read and compared before anything is started."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import azure.durable_functions as df

import wiring
from activities.activity import Call, StepFailed, activity, activity_with_client
from activities.microsoft365 import assigned_licenses
from clients.durable import Durable
from clients.records import EntraUser, OktaUser
from lifecycle import drift, drift_report
from lifecycle.accounts import Account
from lifecycle.drift_evidence import (
    Accounts,
    Check,
    DriftCounts,
    Entitled,
    Evidence,
    Finding,
    GroupMember,
    Kind,
    ReadGroup,
    RosterEntry,
    TenantAccount,
)
from lifecycle.entitlement import Group, UnknownStatus, judge_entitlement, protected_as
from lifecycle.health import LastDriftCheck
from lifecycle.inputs import ReconcileInput, Start
from lifecycle.licenses import MalformedSnapshot, friendly_name
from lifecycle.members import Member
from rows import accounts as account_rows
from rows import drift as drift_rows
from rows import members as member_rows
from rows import roster, state

bp = df.Blueprint()

AT_A_TIME = 20  # looks at single people; each is a request to the durable host and one to the tables


@activity(bp)
async def find_groups_to_check(call: Call) -> tuple[Group, ...]:
    """Every managed group. Refuses when one is missing: its members would count as leavers."""
    okta = await wiring.okta()
    found = {}
    for name_or_id in wiring.settings().office_group:
        group = await okta.find_group(name_or_id)
        if group is None:
            raise StepFailed(
                f"there is no group {name_or_id!r} in Okta (names are case-sensitive); correct OFFICE_GROUP, or make"
                " the group again: its members are not taken for people who left",
                permanent=True,
            )
        found[group.id] = Group(group.id, group.name)
    return tuple(found.values())


@activity(bp)
async def read_group(call: Call, *, group: Group) -> ReadGroup:
    """Read all members of one group and store who of them is entitled; a page that fails leaves nothing stored."""
    okta = await wiring.okta()
    members = [member async for member in okta.list_group_members(group.id)]
    entitled = [GroupMember(member.id, member.login, member.email) for member in members if _is_entitled(member, group)]
    parts = await drift_rows.store_group_members(await wiring.tables(), call.instance, group.id, entitled, call.at)
    return ReadGroup(group.id, group.name, parts, members=len(members), entitled=len(entitled))


def _is_entitled(member: OktaUser, group: Group) -> bool:
    settings = wiring.settings()
    on_suspend = settings.deactivate_on_suspend
    try:
        return judge_entitlement(member.status, [group], settings.manages, deactivate_on_suspend=on_suspend).entitled
    except UnknownStatus as error:
        raise StepFailed(f"{member.login}: {error}", permanent=True) from error


@activity_with_client(bp)
async def compare_with_tenant(
    call: Call, durable: Durable, *, groups: tuple[ReadGroup, ...], began_at: datetime
) -> DriftCounts:
    """Judge everybody who is entitled or has a row by the whole tenant, and store what is found."""
    tables = await wiring.tables()
    try:
        people = await drift_rows.read_entitled(tables, call.instance, groups)
    except LookupError as error:
        raise StepFailed(f"what was read from Okta is not there any more: {error}", permanent=True) from error
    # Claims are half of a row and of no use here.
    members = {each.okta_user_id: replace(each, claims=()) async for each in member_rows.every(tables)}
    known = {each.entra_user_id: replace(each, claims=()) async for each in account_rows.every(tables)}
    on_roster = {each.okta_user_id: each async for each in roster.every(tables)}
    names = (people.values(), members.values(), on_roster.values())
    evidence = _gather(people, members, known, on_roster, await _read_accounts(*names))
    try:
        findings = await _found(evidence, Check(began_at, wiring.settings().dry_run, _sku_name), durable)
    except MalformedSnapshot as error:
        raise StepFailed(str(error), permanent=True) from error
    await drift_rows.store_findings(tables, call.instance, call.at, findings)
    kinds = drift_report.count_kinds(findings)
    await state.store_drift_check(tables, LastDriftCheck(call.at, len(findings), kinds))
    return DriftCounts(
        entitled=len(people),
        known=len(members),
        without_account=sum(1 for each in evidence if each.entitled and each.account is None),
        findings=len(findings),
        kinds=kinds,
    )


def _gather(
    people: Mapping[str, Entitled],
    members: Mapping[str, Member],
    known: Mapping[str, Account],
    on_roster: Mapping[str, RosterEntry],
    accounts: Accounts,
) -> list[Evidence]:
    """What was read, person by person. Of two people who lead to one account the one who is entitled has it."""
    evidence = []
    for each in {*people, *members, *on_roster}:
        entitled, member = people.get(each), members.get(each)
        account = accounts.find(entitled, member, on_roster.get(each))
        row = known.get(account.id) if account else None
        evidence.append(Evidence(entitled, member, account, known=row, on_roster=on_roster.get(each)))
    taken = _taken(evidence)
    return [
        replace(each, is_of_another=taken.get(each.account.id, each.person.okta_user_id) != each.person.okta_user_id)
        if each.account
        else each
        for each in evidence
    ]


def _taken(evidence: Iterable[Evidence]) -> dict[str, str]:
    """By account, who is entitled and has it. A mail address alone takes none from somebody whose login is its name:
    whoever sets an address would hide a leaver by it."""
    named = {each.account.id for each in evidence if each.account and each.is_by_login}
    return {
        each.account.id: each.person.okta_user_id
        for each in evidence
        if each.entitled and each.account and (each.is_by_login or each.own or each.account.id not in named)
    }


async def _read_accounts(
    people: Iterable[Entitled], members: Iterable[Member], on_roster: Iterable[RosterEntry]
) -> Accounts:
    accounts = Accounts(people, members, on_roster)
    graph = await wiring.graph()
    async for user in graph.list_users():
        accounts.add(_account(user))
    return accounts


def _account(user: EntraUser) -> TenantAccount:
    return TenantAccount(user.id, user.user_principal_name, user.mail, user.account_enabled, assigned_licenses(user))


async def _found(evidence: Iterable[Evidence], check: Check, durable: Durable) -> list[Finding]:
    """Judge everybody; those about whom there seems to be drift once more, when their row and run were looked at."""
    suspects = [each for each in evidence if drift.judge(each, check)]
    found: list[Finding | None] = []
    for first in range(0, len(suspects), AT_A_TIME):
        some = suspects[first : first + AT_A_TIME]
        found += await asyncio.gather(*(_look_again(each, check, durable) for each in some))
    return drift_report.in_order(finding for finding in found if finding)


async def _look_again(evidence: Evidence, check: Check, durable: Durable) -> Finding | None:
    """The run first and then the rows: a run that ends in between writes them before it does, which shows."""
    former = evidence.member
    is_living = former is not None and not await durable.is_finished(former.instance)
    member = await _read_member(evidence.person.okta_user_id)
    if former and (member is None or member.instance != former.instance):
        return None
    known = await account_rows.find(await wiring.tables(), evidence.known.entra_user_id) if evidence.known else None
    seen_again = replace(evidence, member=member, is_living=is_living, known=known.record if known else None)
    finding = drift.judge(seen_again, check)
    return _unless_protected(finding, evidence) if finding else None


async def _read_member(okta_user_id: str) -> Member | None:
    stored = await member_rows.find(await wiring.tables(), okta_user_id)
    return stored.record if stored else None


def _unless_protected(finding: Finding, evidence: Evidence) -> Finding:
    settings, person, account = wiring.settings(), evidence.entitled, evidence.account
    names = [finding.login, evidence.member.login if evidence.member else None, person.email if person else None]
    names += [account.user_principal_name, account.mail] if account else []
    protection = protected_as(names, settings.protected_logins, settings.mail_sender)
    return replace(finding, flow=None, not_started=f"{protection}; it is never touched") if protection else finding


def _sku_name(sku_id: str) -> str:
    return friendly_name(sku_id, wiring.sku_names(), {})


@activity_with_client(bp)
async def start_mending(
    call: Call, durable: Durable, *, first: int, end: int, began_at: datetime, asked: ReconcileInput
) -> int:
    """Start the flows for the findings with these numbers, and write down which; returns how many were started.

    Whoever somebody has come to act on since the check began is left alone, and what was not asked for.
    """
    tables = await wiring.tables()
    starts: list[Start] = []
    marked: dict[int, Finding] = {}
    findings = await drift_rows.read_findings(tables, call.instance, first, end)
    for number, finding in enumerate(findings, first):
        start = drift_report.mending_start(finding, call.instance, began_at, asked.by)
        if start is None or not asked.includes(finding):
            continue
        if await _is_taken_up(finding, start, began_at):
            marked[number] = replace(finding, not_started="somebody has begun to act on the person meanwhile")
        else:
            starts.append(start)
            marked[number] = replace(finding, started=start.instance)
    await durable.start_all(starts)
    await drift_rows.mark_findings(tables, call.instance, marked)
    return len(starts)


async def _is_taken_up(finding: Finding, start: Start, began_at: datetime) -> bool:
    member = await _read_member(finding.okta_user_id)
    return member is not None and member.instance != start.instance and drift.is_fresh(member, began_at)


@activity(bp)
async def list_first_findings(call: Call) -> tuple[Finding, ...]:
    """The first findings, and what became of them."""
    tables = await wiring.tables()
    return tuple(await drift_rows.read_findings(tables, call.instance, 0, drift_report.FIRST_FINDINGS))


@activity(bp)
async def forget_readings(call: Call) -> int:
    """Delete what was read from Okta for this check."""
    return await drift_rows.forget_readings(await wiring.tables(), call.instance, call.at)


@activity(bp)
async def store_roster(call: Call, *, groups: tuple[ReadGroup, ...]) -> None:
    """Keep who is in a managed group tonight, for the next check. What stands there already is not written again."""
    tables = await wiring.tables()
    people = await drift_rows.read_entitled(tables, call.instance, groups)
    entries = [RosterEntry(each.okta_user_id, each.login, each.group_ids) for each in people.values()]
    former = {each.okta_user_id: each async for each in roster.every(tables)}
    changed = [entry for entry in entries if former.get(entry.okta_user_id) != entry]
    found = await drift_rows.read_findings(tables, call.instance)
    unseen = {finding.okta_user_id for finding in found if finding.kind is Kind.LEFT_UNSEEN}  # found until mended
    await roster.store(tables, changed, former.keys() - people.keys() - unseen, call.at)
