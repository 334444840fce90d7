"""What a play tells, word by word: each changes a small world, and what Okta would log of it is in its log.

`leave Office`, `join Visio`, `deactivate`, `activate`, `delete` and `rename` (a new login, or the one that is named)
are about the first person; with `B: ` before it about another one. `B: hired` brings somebody into Okta with the login
of the first account, or `D: hired bob.ray@contoso.com` of that one; `B: shares` with the mail address of the first
account alone.
`dissolve Office` deletes a group, which logs the removal of everybody first. `late 61 leave Office` comes into the log
so many minutes late; `forged leave Office` is delivered and never happens; `B: swapped deactivate` happens, and is
delivered as if it were about A. `security disables` is somebody else's doing in the tenant, to the first account.
`seats gone`, `seats free`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lifecycle.events import LogEvent, parse_log_event
from tests.orchestrators.small_world import (
    ENTRA_USER,
    GROUPS,
    LOGIN,
    OTHER_LOGIN,
    USERS,
    LoggedEvent,
    SmallUser,
    SmallWorld,
)

RENAMED = "maya.ray@contoso.com"
LOGINS = {"A": LOGIN, "B": OTHER_LOGIN}
EVENT_TYPES = {
    "leave": "group.user_membership.remove",
    "join": "group.user_membership.add",
    "hired": "user.lifecycle.activate",
    "shares": "user.lifecycle.activate",
    "delete": "user.lifecycle.delete.initiated",
    "rename": "user.account.update_profile",
}
ATTENTION = "needs_attention"
# The stage in which a run awaits an operator's word.
COMMANDS = {"retry": ATTENTION, "discard": ATTENTION, "skip": ATTENTION, "keep": "grace_period", "release": "held"}


@dataclass(frozen=True)
class Word:
    """One word of a story, taken apart."""

    who: str
    how: str  # forged, swapped, late or ""
    verb: str
    about: str
    late: timedelta = timedelta()  # how late it comes into the log

    @property
    def okta_user_id(self) -> str:
        return USERS[self.who]


def parse_word(text: str) -> Word:
    who, is_other, rest = text.partition(": ")
    if not is_other:
        who, rest = "A", text
    how = next((how for how in ("forged", "swapped", "late") if rest.startswith(f"{how} ")), "")
    rest = rest.removeprefix(f"{how} " if how else "")
    late = timedelta()
    if how == "late":
        minutes, _, rest = rest.partition(" ")
        late = timedelta(minutes=int(minutes))
    verb, _, about = rest.partition(" ")
    return Word(who, how, verb, about, late)


def tell(world: SmallWorld, what: str, number: int, late: timedelta = timedelta()) -> list[LogEvent]:
    """Let it happen, and be logged so late. Returns what Okta delivers of it; nothing when it is not Okta's."""
    word = parse_word(what)
    match word.verb:
        case "wait":
            return []
        case "seats":
            world.has_seats = word.about == "free"
            return []
        case "security":
            if world.enabled:
                world.blocked.add(ENTRA_USER)
            world.change_account(ENTRA_USER, enabled=False)
            return []
        case "dissolve":
            return _dissolve(world, word.about, number)
    event = _tell_of_one(world, word, number, late or word.late)
    return [event] if event else []


def _dissolve(world: SmallWorld, group: str, number: int) -> list[LogEvent]:
    members = [who for who, id in USERS.items() if (user := world.okta.state.get(id)) and group in user.groups]
    leaves = [Word(who, "", "leave", group) for who in members]
    told = [_tell_of_one(world, leave, number * 10 + each, timedelta()) for each, leave in enumerate(leaves)]
    world.deleted_groups[GROUPS[group]] = world.now
    published = world.now + timedelta(milliseconds=number * 10 + 9)
    target = {"type": "UserGroup", "id": GROUPS[group], "displayName": group}
    entry = {"uuid": f"e{number}", "published": published.isoformat(), "eventType": "group.lifecycle.delete"}
    world.log.append(LoggedEvent({**entry, "outcome": {"result": "SUCCESS"}, "target": [target]}, world.now))
    return [event for event in told if event]


def _tell_of_one(world: SmallWorld, word: Word, number: int, late: timedelta) -> LogEvent | None:
    known = world.okta.state.get(word.okta_user_id)
    user = known or SmallUser(word.okta_user_id, LOGIN, LOGIN)
    if word.how == "forged":
        return parse_log_event(_entry(f"f{number}", world.now, word, user))
    changed = _changed(known, word)
    world.change_user(changed, word.okta_user_id)
    entry = _entry(f"e{number}", world.now + timedelta(milliseconds=number), word, changed or user)
    world.log.append(LoggedEvent(entry, world.now + late))
    delivered = replace(word, who="A" if word.who != "A" else "B") if word.how == "swapped" else word
    return parse_log_event(_entry(entry["uuid"], world.now + timedelta(milliseconds=number), delivered, user))


def _changed(user: SmallUser | None, word: Word) -> SmallUser | None:
    """The Okta user after it; None: gone from Okta."""
    match word.verb:
        case "hired":
            return SmallUser(word.okta_user_id, word.about or LOGIN, word.about or LOGIN)
        case "shares":
            return SmallUser(word.okta_user_id, LOGINS.get(word.who, f"{word.who}@contoso.com"), LOGIN)
        case "delete":
            return None
    assert user is not None, f"nobody is there to {word.verb}"
    match word.verb:
        case "leave":
            return replace(user, groups=user.groups - {word.about})
        case "join":
            return replace(user, groups=user.groups | {word.about})
        case "rename":
            return replace(user, login=word.about or RENAMED)
        case "deactivate":
            return replace(user, status="DEPROVISIONED")
        case "activate" | "reactivate":
            return replace(user, status="ACTIVE")
    raise ValueError(f"no word of a story: {word.verb}")


def _entry(uuid: str, published: datetime, word: Word, user: SmallUser) -> Mapping[str, Any]:
    targets = [{"type": "User", "id": word.okta_user_id, "alternateId": user.login}]
    if word.about in GROUPS:
        targets.append({"type": "UserGroup", "id": GROUPS[word.about], "displayName": word.about})
    return {
        "uuid": uuid,
        "published": published.isoformat(),
        "eventType": EVENT_TYPES.get(word.verb, f"user.lifecycle.{word.verb}"),
        "outcome": {"result": "SUCCESS"},
        "target": targets,
    }
