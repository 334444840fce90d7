"""The steps of a drift check: everything is read and compared before anything is started."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import azure.durable_functions as df

import wiring
from activities import drift_rows, records
from activities.microsoft365 import assigned_licenses
from activities.outcome import Call, StepFailed, reported
from clients.records import EntraUser, OktaUser
from lifecycle import drift, drift_report
from lifecycle.drift import Account, Accounts, Check, Entitled, Evidence, Finding
from lifecycle.entitlement import UnknownStatus, judge_entitlement, protected_as
from lifecycle.intake import Start
from lifecycle.licenses import MalformedSnapshot, friendly_name
from lifecycle.members import Member

bp = df.Blueprint()

AT_A_TIME = 20  # looks at single people; each is a request to the durable host and one to the tables


@bp.activity_trigger(input_name="call")
@reported
async def find_groups_to_check(call: Call) -> list[dict[str, str]]:
    """The id and name of every managed group. Refuses when one is missing: its members would count as leavers."""
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
        found[group.id] = {"id": group.id, "name": group.name}
    return list(found.values())


@bp.activity_trigger(input_name="call")
@reported
async def read_group(call: Call) -> dict[str, int]:
    """Read all members of one group and store who of them is entitled; a page that fails leaves nothing stored."""
    group: dict[str, str] = call.details["group"]
    okta = await wiring.okta()
    members = [member async for member in okta.list_group_members(group["id"])]
    people = [
        {"id": member.id, "login": member.login, "email": member.email}
        for member in members
        if _is_entitled(member, group)
    ]
    parts = await drift_rows.store_people(call.instance, group["id"], people, call.at)
    return {"parts": parts, "members": len(members), "entitled": len(people)}


def _is_entitled(member: OktaUser, group: dict[str, str]) -> bool:
    settings = wiring.settings()
    groups = [(group["id"], group["name"])]
    on_suspend = settings.deactivate_on_suspend
    try:
        return judge_entitlement(member.status, groups, settings.manages, deactivate_on_suspend=on_suspend).entitled
    except UnknownStatus as error:
        raise StepFailed(f"{member.login}: {error}", permanent=True) from error


@bp.activity_trigger(input_name="call")
@bp.durable_client_input(client_name="client")
@reported
async def compare_with_tenant(call: Call, client: Any) -> dict[str, Any]:
    """Judge everybody who is entitled or has a row by the whole tenant, and store what is found."""
    try:
        people = await drift_rows.read_people(call.instance, call.details["groups"])
    except LookupError as error:
        raise StepFailed(f"what was read from Okta is not there any more: {error}", permanent=True) from error
    members = await _read_members()
    accounts = await _read_accounts(people.values(), members.values())
    evidence = [
        Evidence(person, member, accounts.find(person, member))
        for person, member in ((people.get(each), members.get(each)) for each in {*people, *members})
    ]
    check = Check(datetime.fromisoformat(call.details["began_at"]), wiring.settings().dry_run, _sku_name)
    try:
        findings = await _found(evidence, check, wiring.durable(client))
    except MalformedSnapshot as error:
        raise StepFailed(str(error), permanent=True) from error
    await drift_rows.store_findings(call.instance, call.at, findings)
    return {
        "entitled": len(people),
        "known": len(members),
        "without_account": sum(1 for each in evidence if each.entitled and each.account is None),
        "findings": len(findings),
        **drift_report.count_kinds(findings),
    }


async def _read_members() -> dict[str, Member]:
    tables = await wiring.tables()
    rows = tables.query(records.MEMBERS, "PartitionKey eq @members", {"members": records.PARTITION})
    # Claims are half of a row and of no use here.
    members = [replace(records.member_from(row.values), claims=()) async for row in rows]
    return {member.okta_user_id: member for member in members}


async def _read_accounts(people: Iterable[Entitled], members: Iterable[Member]) -> Accounts:
    accounts = Accounts(people, members)
    graph = await wiring.graph()
    async for user in graph.list_users():
        accounts.add(_account(user))
    return accounts


def _account(user: EntraUser) -> Account:
    return Account(user.id, user.user_principal_name, user.mail, user.account_enabled, assigned_licenses(user))


async def _found(evidence: Iterable[Evidence], check: Check, durable: Any) -> list[Finding]:
    """Judge everybody; those about whom there seems to be drift once more, when their row and run were looked at."""
    suspects = [each for each in evidence if drift.judge(each, check)]
    found: list[Finding | None] = []
    for first in range(0, len(suspects), AT_A_TIME):
        some = suspects[first : first + AT_A_TIME]
        found += await asyncio.gather(*(_look_again(each, check, durable) for each in some))
    return drift_report.in_order(finding for finding in found if finding)


async def _look_again(evidence: Evidence, check: Check, durable: Any) -> Finding | None:
    """The run first and then the row: a run that ends in between writes the row before it does, which shows."""
    former = evidence.member
    is_living = former is not None and not await durable.is_finished(former.instance)
    member = await _read_member(evidence.person.okta_user_id)
    if former and (member is None or member.instance != former.instance):
        return None
    finding = drift.judge(replace(evidence, member=member, is_living=is_living), check)
    return _unless_protected(finding, evidence) if finding else None


async def _read_member(okta_user_id: str) -> Member | None:
    row = await records.read_row(okta_user_id)
    return records.member_from(row.values) if row else None


def _unless_protected(finding: Finding, evidence: Evidence) -> Finding:
    settings, person, account = wiring.settings(), evidence.entitled, evidence.account
    names = [finding.login, evidence.member.login if evidence.member else None, person.email if person else None]
    names += [account.user_principal_name, account.mail] if account else []
    protection = protected_as(names, settings.protected_logins, settings.mail_sender)
    return replace(finding, flow=None, not_started=f"{protection}; it is never touched") if protection else finding


def _sku_name(sku_id: str) -> str:
    return friendly_name(sku_id, wiring.sku_names(), {})


@bp.activity_trigger(input_name="call")
@bp.durable_client_input(client_name="client")
@reported
async def start_mending(call: Call, client: Any) -> int:
    """Start the flows for the findings with these numbers, and write down which; returns how many were started.

    Whoever somebody has come to act on since the check began is left alone.
    """
    began_at = datetime.fromisoformat(call.details["began_at"])
    starts: list[Start] = []
    marks = []
    for row in await drift_rows.read_findings(call.instance, call.details["first"], call.details["end"]):
        finding = drift_report.finding_from(row.values)
        start = drift_report.mending_start(finding, call.instance, began_at)
        if start is None:
            continue
        mark = {key: row.values[key] for key in ("PartitionKey", "RowKey")}
        if await _is_taken_up(finding, start, began_at):
            marks.append(mark | {"NotStarted": "somebody has begun to act on the person meanwhile"})
        else:
            starts.append(start)
            marks.append(mark | {"StartedInstanceId": start.instance})
    await wiring.durable(client).start_all(starts)
    await drift_rows.mark_findings(marks)
    return len(starts)


async def _is_taken_up(finding: Finding, start: Start, began_at: datetime) -> bool:
    member = await _read_member(finding.okta_user_id)
    return member is not None and member.instance != start.instance and drift.is_fresh(member, began_at)


@bp.activity_trigger(input_name="call")
@reported
async def list_first_findings(call: Call) -> list[dict[str, Any]]:
    """The first findings, and what became of them."""
    rows = await drift_rows.read_findings(call.instance, 0, drift_report.FIRST_FINDINGS)
    return [drift_report.as_json(drift_report.finding_from(row.values)) for row in rows]


@bp.activity_trigger(input_name="call")
@reported
async def forget_readings(call: Call) -> int:
    """Delete what was read from Okta for this check."""
    return await drift_rows.forget_people(call.instance, call.at)
