"""What the health checks make of Okta's answers: managed groups, and the event hook."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from lifecycle.events import EVENT_TYPES, MEMBERSHIP_TYPES
from lifecycle.health import Check, failed, ok, warning
from lifecycle.inputs import TELL_OPERATORS, NoticeInput, Start, start_of
from lifecycle.mail_ledger import short_hash
from lifecycle.notices import GroupMissing

HOOK = "Okta event hook"
HOOK_PATH = "/api/okta/events"
REGISTER = "Register it: `offstage hook register`, or docs/setup-okta.md, section 3."
AREAS: Mapping[str, str] = {"users": "okta.users.read", "groups": "okta.groups.read", "logs": "okta.logs.read"}
# How like a name has to be to be meant: one letter in five may differ.
ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class EventHook:
    """`filters` are the conditions of the event types that have one."""

    name: str
    status: str
    verification_status: str
    uri: str
    event_types: tuple[str, ...]
    filters: Mapping[str, str]


def origin_of(address: str) -> str:
    """Scheme, host and port; this machine has one name."""
    url = urlsplit(address)
    host = url.netloc.casefold()
    return f"{url.scheme}://{host.replace('localhost', '127.0.0.1')}"


def judge_scope(scope: str, *, refusal: str | None) -> Check:
    name = f"Okta permission {scope}"
    if refusal is None:
        return ok(name, "granted")
    cure = (
        f"Grant the scope {scope} to the service app of OKTA_CLIENT_ID; with OKTA_API_TOKEN, give its owner the role"
        " Read-only Administrator."
    )
    return failed(name, refusal, cure)


def judge_group(wanted: str, found: tuple[str, str] | None, delay: str, near: str | None) -> Check:
    """A managed group as it is named in OFFICE_GROUP: its id and name in Okta, or the name that may be meant."""
    name = f"Managed group {wanted}"
    if found is not None:
        group_id, group_name = found
        return ok(name, f"{group_name} ({group_id}), delay {delay}")
    meant = f"; there is {near!r}" if near else ""
    return failed(name, f"Okta has no group {wanted!r}{meant}", group_cure(near))


def group_cure(near: str | None) -> str:
    if near is None:
        return "Put the group's id (00g…) into OFFICE_GROUP and GROUP_DELAYS, or make the group, and restart the app."
    return f"Write {near!r} or its id into OFFICE_GROUP and GROUP_DELAYS (capitals count), and restart the app."


def group_missing_start(name: str, near: str | None) -> Start:
    """The one mail about a managed group that does not exist."""
    notice = NoticeInput(notice=GroupMissing(name, near), about=f"group {name}")
    return start_of(TELL_OPERATORS, f"group_missing-{short_hash([name])}", notice)


def near_miss(wanted: str, others: Iterable[str]) -> str | None:
    """The name that is most like this one, but for capitals and spaces if there is such a one."""
    by_plain = {_plain(other): other for other in others}
    alike = difflib.get_close_matches(_plain(wanted), by_plain, n=1, cutoff=ALIKE)
    return by_plain[alike[0]] if alike else None


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def unseen_hook() -> Check:
    return warning(
        HOOK,
        "it cannot be seen with this token",
        "Nothing is wrong with that: the app does without. `offstage hook status` shows it to an administrator; a"
        " service app that is granted okta.eventHooks.read shows it here.",
    )


def judge_hook(hooks: Sequence[EventHook], here: Collection[str], group_ids: Iterable[str]) -> Check:
    """The event hook that leads here. `here` are this app's own origins; none when they are not known."""
    ours = [hook for hook in hooks if urlsplit(hook.uri).path == HOOK_PATH]
    leading = [hook for hook in ours if not here or origin_of(hook.uri) in here]
    if not leading:
        elsewhere = ", ".join(f"{hook.name!r} points to {origin_of(hook.uri)}" for hook in ours)
        address = " or ".join(sorted(here)) or "this app"
        found = f"no event hook of the org points to {address}" + (f"; {elsewhere}" if elsewhere else "")
        moved = " If that is another name of this same app, ask for this check under it." if elsewhere else ""
        return failed(HOOK, found, REGISTER + moved)
    troubles = [(hook, _trouble(hook, group_ids)) for hook in leading]
    if any(trouble is None for _, trouble in troubles):
        return ok(HOOK, f"active, verified and subscribed to all {len(EVENT_TYPES)} event types")
    hook, trouble = troubles[0]
    found, cure = trouble or ("", "")
    return failed(HOOK, f"{hook.name!r} {found}", cure)


def _trouble(hook: EventHook, group_ids: Iterable[str]) -> tuple[str, str] | None:
    """What keeps a hook from bringing everything, and what to do; None when nothing does."""
    if hook.status != "ACTIVE":
        return f"is {hook.status}", "Activate it in Okta (Workflow, Event Hooks), then `offstage hook verify`."
    if hook.verification_status != "VERIFIED":
        return f"is {hook.verification_status}", "Verify it: `offstage hook verify`, or its menu in Okta."
    if missing := [each for each in EVENT_TYPES if each not in hook.event_types]:
        return f"is not subscribed to {', '.join(missing)}", f"Subscribe it to them. {REGISTER}"
    left_out = {
        group_id
        for event_type in MEMBERSHIP_TYPES
        for group_id in group_ids
        if event_type in hook.filters and group_id not in hook.filters[event_type]
    }
    if left_out:
        return f"has a filter that leaves out {', '.join(sorted(left_out))}", f"Correct the filter. {REGISTER}"
    return None
