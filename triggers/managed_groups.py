"""A managed group that does not exist is told of when the app has started: else a slip in OFFICE_GROUP is silent.

Each process looks once; the operators get one mail, since the run that writes it is known by the group's name.
"""

import logging

import wiring
from clients.errors import ClientError
from lifecycle.health_okta import group_cure, group_missing_start
from triggers.health_okta import find_groups, find_near_misses

log = logging.getLogger("offstage.managed_groups")

_looked_at: set[tuple[str, ...]] = set()  # OFFICE_GROUP, once it was looked at in this process


async def look_for_groups(durable: wiring.Durable) -> None:
    """Tell of managed groups that Okta does not have. What goes wrong is tried again at the next call."""
    names = wiring.settings().office_group
    if names in _looked_at:
        return
    try:
        missing = [name for name, group in (await find_groups()).items() if group is None]
        near = await find_near_misses(missing) if missing else {}
        for name in missing:
            log.error("Okta has no group %r, which OFFICE_GROUP names. %s", name, group_cure(near[name]))
            await durable.start(group_missing_start(name, near[name]))
    except ClientError as error:
        log.warning("the managed groups are looked for again at the next run: %s", error)
    else:
        _looked_at.add(names)
