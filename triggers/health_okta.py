"""The health checks of Okta: may the app read, do the managed groups exist, does the event hook lead here."""

import asyncio
from collections.abc import Collection, Iterable
from datetime import datetime
from http import HTTPStatus

import wiring
from clients.errors import ClientError, NotPermitted
from lifecycle.delays import describe
from lifecycle.health import Check, judge_clock, ok
from lifecycle.health_okta import (
    AREAS,
    HOOK,
    EventHook,
    judge_group,
    judge_hook,
    judge_scope,
    near_miss,
    unseen_hook,
)
from triggers.health_faults import fault

OKTA = "Okta"
GROUPS_SCOPE, HOOKS_SCOPE = AREAS["groups"], "okta.eventHooks.read"
# Okta's answer to an app that asks for several scopes, and lacks one of them.
NO_SUCH_SCOPE = "invalid_scope"
# Enough to find a name that is nearly the same, in all but the largest orgs.
GROUPS_LOOKED_THROUGH = 2000

Found = tuple[str, str]  # a group's id and name


async def check_okta(here: Collection[str]) -> tuple[Check, ...]:
    """Everything that concerns Okta. When it does not let the app in at all, that alone is said."""
    answers = dict(zip(AREAS, await asyncio.gather(*map(_ask_for_one, AREAS)), strict=True))
    shut_out = _shut_out(answers.values())
    if shut_out is not None:
        return (fault(OKTA, shut_out),)
    checks = [ok(OKTA, f"{wiring.settings().okta_org_url} lets the app in")]
    for area, answer in answers.items():
        refusal = answer.found if isinstance(answer, ClientError) else None
        checks.append(judge_scope(AREAS[area], refusal=refusal))
    times = [answer for answer in answers.values() if isinstance(answer, datetime)]
    checks += [judge_clock(OKTA, times[-1], wiring.now())] if times else []
    if isinstance(answers["groups"], ClientError):
        return (*checks, await _check_hook(here, ()))
    # While another scope is missing, only a token for this one is to be had.
    alone = GROUPS_SCOPE if any(isinstance(answer, ClientError) for answer in answers.values()) else None
    groups, group_ids = await _check_groups(alone)
    return (*checks, *groups, await _check_hook(here, group_ids))


async def _ask_for_one(area: str) -> datetime | ClientError | None:
    okta = await wiring.okta()
    try:
        try:
            return await okta.ask_for_one(area)
        except NotPermitted as error:
            if error.code != NO_SUCH_SCOPE:
                raise
        return await okta.limited_to(AREAS[area]).ask_for_one(area)
    except ClientError as error:
        return error


def _shut_out(answers: Iterable[datetime | ClientError | None]) -> ClientError | None:
    """The error, when it is the same whatever is asked for and no matter of a single permission."""
    errors = [answer for answer in answers if isinstance(answer, ClientError)]
    if len(errors) < len(AREAS) or any(error.code == NO_SUCH_SCOPE for error in errors):
        return None
    return errors[0]


async def find_groups(scope: str | None = None) -> dict[str, Found | None]:
    """Each managed group as it is named in the settings, with its id and name, if Okta has it. Raises ClientError."""
    okta, names = await wiring.okta(), wiring.settings().office_group
    okta = okta.limited_to(scope) if scope else okta
    found = await asyncio.gather(*map(okta.find_group, names))
    return {name: (group.id, group.name) if group else None for name, group in zip(names, found, strict=True)}


async def find_near_misses(names: Iterable[str], scope: str | None = None) -> dict[str, str | None]:
    """For each of these names the name of a group that may be meant. Raises ClientError."""
    okta = await wiring.okta()
    okta = okta.limited_to(scope) if scope else okta
    others = [group.name for group in await okta.list_groups(GROUPS_LOOKED_THROUGH)]
    return {name: near_miss(name, others) for name in names}


async def _check_groups(scope: str | None) -> tuple[list[Check], list[str]]:
    """The check of each managed group, and the ids of those that exist."""
    try:
        found = await find_groups(scope)
        missing = [name for name, group in found.items() if group is None]
        near = await find_near_misses(missing, scope) if missing else {}
    except ClientError as error:  # several groups of one name, for instance
        return [fault("Managed groups", error)], []
    settings = wiring.settings()
    checks = []
    for name, group in found.items():
        delay = settings.delay_for(*(group or (None, name)))
        checks.append(judge_group(name, group, describe(delay), near.get(name)))
    return checks, [group[0] for group in found.values() if group]


async def _check_hook(here: Collection[str], group_ids: Collection[str]) -> Check:
    try:
        found = await (await wiring.okta()).limited_to(HOOKS_SCOPE).list_event_hooks()
    except ClientError as error:
        is_hidden = isinstance(error, NotPermitted) and error.status != HTTPStatus.UNAUTHORIZED
        return unseen_hook() if is_hidden else fault(HOOK, error)
    hooks = [
        EventHook(each.name, each.status, each.verification_status, each.uri, each.event_types, dict(each.filters))
        for each in found
    ]
    return judge_hook(hooks, here, group_ids)
