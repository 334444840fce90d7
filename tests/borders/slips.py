"""Slips at the borders, each of which the type checker has to refuse. Nothing here ever runs.

`refused:` names the error that mypy must report for the line; a line without it must pass. See test_slips.py.
"""

from dataclasses import replace

from activities.accounts import find_account
from activities.activity import Call
from activities.catalog import find_managed_groups
from activities.fence import change_member, owned_account, store_account
from activities.left_groups import next_left_group
from activities.mail import mail_account_disabled, mail_licenses_removed
from activities.members import claim_member, mark_held
from activities.microsoft365 import enable_account
from activities.okta import read_entitlement
from activities.removal import prepare_removal, remove_licenses
from clients.tables import Tables
from lifecycle import stages
from lifecycle.effects import Effect
from lifecycle.inputs import CatalogInput, FlowInput, start_of
from lifecycle.members import Member
from lifecycle.stages import Phase
from orchestrators.instance import Instance, Retries, Steps
from orchestrators.run import Ending, Run
from rows import mails, members


def durable_border(run: Run) -> Steps[Ending]:
    reading = yield from run.step(stages.CHECK_ENTITLEMENT, read_entitlement)
    entitlement = reading.entitlement
    if reading.entitled:  # refused: attr-defined
        return (yield from run.finish(Phase.ACTIVE))
    if entitlement.entitld:  # refused: attr-defined
        return (yield from run.finish(Phase.ACTIVE))
    if entitlement["entitled"]:  # refused: index
        return (yield from run.finish(Phase.ACTIVE))
    found = yield from run.step(stages.FIND_ACCOUNT, find_account)
    run.show(found.user_principal_name)  # refused: union-attr
    plan = yield from run.step(stages.PLAN_REMOVAL, prepare_removal)
    yield from run.step(stages.REMOVE_LICENSES, remove_licenses, remove=plan.remov)  # refused: attr-defined
    yield from run.step(stages.REMOVE_LICENSES, remove_licenses, remove=plan)  # refused: arg-type
    yield from run.step(stages.REMOVE_LICENSES, remove_licenses, removed=plan.remove)  # refused: call-arg
    yield from run.step(stages.REMOVE_LICENSES, remove_licenses)  # refused: call-arg
    yield from run.step(stages.PLAN_REMOVAL, prepare_removal, nonsense=True)  # refused: call-arg
    removal = yield from run.step(stages.REMOVE_LICENSES, remove_licenses, remove=plan.remove)
    yield from run.mail(stages.MAIL_REMOVED, mail_licenses_removed, plan=removal, removal=plan)  # refused: arg-type
    yield from run.mail(stages.MAIL_DISABLED, mail_account_disabled, due_at="soon", cause=None)  # refused: arg-type
    yield from run.once(mark_held, reason="a wave")  # refused: call-arg
    yield from run.once(claim_member, event=run.input, flow="activation")  # refused: arg-type
    left = yield from run.step(stages.CHECK_LEFT_GROUPS, next_left_group, group_ids=entitlement.group_ids)
    run.show(left.name)  # refused: union-attr
    enabled = yield from run.skippable_step(stages.ENABLE_ACCOUNT, enable_account)
    skipped: Effect = enabled  # refused: assignment
    run.show(skipped)
    yield from run.step(stages.ENABLE_ACCOUNT, enable_account)  # refused: arg-type
    yield from run.mail(stages.ENABLE_ACCOUNT, read_entitlement)  # refused: arg-type
    return (yield from run.finish(42))  # refused: arg-type


def status(run: Run) -> None:
    run.show(stages.CLAIM.name, due="tomorrow")  # refused: call-arg
    run.show(stages.CLAIM)  # refused: arg-type


def ends_without_an_ending(run: Run) -> Steps[Ending]:
    return (yield from run.step(stages.CHECK_ENTITLEMENT, read_entitlement))  # refused: return-value


def small_flow(instance: Instance, retries: Retries) -> Steps[None]:
    found = yield from instance.persist(retries, find_managed_groups, grup="asked")  # refused: call-arg
    instance.show(found.reason)  # refused: union-attr


def inputs() -> None:
    start_of("store_licenses", "an-id", {"group": None})  # refused: arg-type
    start_of("store_licenses", "an-id", CatalogInput(clear=True))  # refused: call-arg
    FlowInput(version=1).since("2")  # refused: arg-type


async def storage_border(tables: Tables, call: Call, member: Member) -> None:
    known = await members.find(tables, member.okta_user_id)
    first = known.record  # refused: union-attr
    replace(member, snapshots=None)  # refused: call-arg
    await members.replace(tables, first, known)  # refused: arg-type
    await change_member(call, due=None)  # refused: call-arg
    await change_member(call, phase="active")  # refused: arg-type
    await change_member(call, instance="another-run")  # refused: call-arg
    await change_member(call, due_at=None)  # refused: call-arg
    owned = await owned_account(call)
    await store_account(call, owned)  # refused: call-arg
    await store_account(call, owned, owned.member)  # refused: arg-type
    entry = await mails.find(tables, member.okta_user_id, "key")
    if entry and entry.record.sate:  # refused: attr-defined
        return
