"""The managed groups that a person has left while another one remains: which, and when their licenses go."""

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity
from activities.fence import change_member, known_account, owned_member
from lifecycle import licenses
from lifecycle.members import LeftGroup, Standing, still_left
from lifecycle.stages import Phase

bp = df.Blueprint()


@activity(bp)
async def read_standing(call: Call, *, group_ids: tuple[str, ...]) -> Standing:
    """What there is to do for a person who is entitled still. `group_ids` are the managed groups the person is in."""
    member = await owned_member(call)
    is_left = member.group_id is not None and member.group_id not in group_ids and await _exists(member.group_id)
    account = await known_account(member)
    has_joined = any(group.group_id in group_ids for group in member.joined)
    if account is None or account.owner != member.okta_user_id:
        return Standing(is_left, is_owed=has_joined)
    owed = licenses.owed(licenses.from_json(account.snapshot), frozenset(group_ids))
    return Standing(is_left, is_owed=account.is_intended_disabled or bool(owed) or has_joined)


@activity(bp)
async def next_left_group(call: Call, *, group_ids: tuple[str, ...]) -> LeftGroup | None:
    """The left group that falls due first; groups the person is in again, and deleted ones, are forgotten."""
    member = await owned_member(call)
    away = still_left(member.left_groups, group_ids)
    left = tuple([each for each in away if await _exists(each.group_id)])
    if not left:
        if member.left_groups:
            await change_member(call, left_groups=())
        return None
    reason = f"left {left[0].name}, whose licenses go on {left[0].due_at:%Y-%m-%d %H:%M} UTC"
    await change_member(call, left_groups=left, phase=Phase.ACTIVE, reason=reason)
    return left[0]


@activity(bp)
async def forget_left_group(call: Call, *, group_id: str) -> None:
    """The licenses of a left group are gone."""
    member = await owned_member(call)
    await change_member(call, left_groups=still_left(member.left_groups, [group_id]))


async def _exists(group_id: str) -> bool:
    """A group that was deleted in Okta was not left by anybody."""
    return await (await wiring.okta()).find_group(group_id) is not None
