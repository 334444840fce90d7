"""Our records out of Okta's JSON. What an answer lacks is an error, never an empty value."""

from collections.abc import Iterator, Mapping
from typing import Any

from clients.errors import Unavailable
from clients.records import OktaEventHook, OktaGroup, OktaUser


def parse_user(user: Mapping[str, Any]) -> OktaUser:
    try:
        profile = user["profile"]
        return OktaUser(
            id=user["id"],
            status=user["status"],
            login=profile["login"],
            email=profile.get("email"),
            first_name=profile.get("firstName"),
            last_name=profile.get("lastName"),
            display_name=profile.get("displayName"),
            manager=profile.get("manager"),
            manager_id=profile.get("managerId"),
            country_code=profile.get("countryCode"),
            transitioning_to_status=user.get("transitioningToStatus"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise unexpected("a user with id, status and login") from error


def parse_group(group: Mapping[str, Any]) -> OktaGroup:
    try:
        return OktaGroup(id=group["id"], name=group["profile"]["name"])
    except (KeyError, TypeError) as error:
        raise unexpected("a group with id and name") from error


def parse_event_hook(hook: Mapping[str, Any]) -> OktaEventHook:
    """https://developer.okta.com/docs/api/openapi/okta-management/management/tag/EventHook/"""
    try:
        return OktaEventHook(
            id=hook["id"],
            name=hook["name"],
            status=hook["status"],
            verification_status=hook["verificationStatus"],
            uri=hook["channel"]["config"]["uri"],
            event_types=tuple(hook["events"]["items"]),
            filters=tuple(_filters(hook["events"].get("filter") or {})),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise unexpected("an event hook with status, address and event types") from error


def _filters(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for each in found.get("eventFilterMap") or ():
        expression = (each.get("condition") or {}).get("expression")
        if expression:
            yield each["event"], expression


def unexpected(expected: str) -> Unavailable:
    return Unavailable("okta", f"answer with {expected}", status=200, code="incomplete_answer")
