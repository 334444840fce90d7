"""The org's event hooks, with an administrator's token: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/EventHook/"""

from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from clients.okta_records import parse_event_hook
from lifecycle.events import EVENT_TYPES, MEMBERSHIP_TYPES
from lifecycle.health_okta import HOOK_PATH, EventHook
from local.admin.shown import Failed

NAME = "Offstage"
TOKEN = "OKTA_ADMIN_TOKEN"


class EventHooks:
    """Writes need a Super Administrator's token, or a role with `okta.eventhooks.manage`."""

    def __init__(self, org_url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        headers = {"Authorization": f"SSWS {token}", "Accept": "application/json"}
        self._http = httpx.Client(base_url=org_url, headers=headers, timeout=30, transport=transport)

    def all(self) -> list[tuple[str, EventHook]]:
        """Each with its id."""
        found = [parse_event_hook(each) for each in self._ask("GET", "")]
        return [
            (
                each.id,
                EventHook(
                    each.name, each.status, each.verification_status, each.uri, each.event_types, dict(each.filters)
                ),
            )
            for each in found
        ]

    def create(self, body: Mapping[str, Any]) -> str:
        return str(self._ask("POST", "", body)["id"])

    def replace(self, hook_id: str, body: Mapping[str, Any]) -> None:
        self._ask("PUT", f"/{hook_id}", body)

    def verify(self, hook_id: str) -> None:
        self._ask("POST", f"/{hook_id}/lifecycle/verify")

    def activate(self, hook_id: str) -> None:
        self._ask("POST", f"/{hook_id}/lifecycle/activate")

    def delete(self, hook_id: str, *, is_active: bool) -> None:
        if is_active:  # Okta deletes inactive ones only
            self._ask("POST", f"/{hook_id}/lifecycle/deactivate")
        self._ask("DELETE", f"/{hook_id}")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            response = self._http.request(method, f"/api/v1/eventHooks{path}", json=body)
        except httpx.HTTPError as error:
            raise Failed(f"Okta cannot be reached: {error or type(error).__name__}") from None
        if response.is_success:
            return response.json() if response.content else None
        raise HookRefused(response)


class HookRefused(Failed):
    """Okta's answer to a call that it did not carry out."""

    def __init__(self, response: httpx.Response) -> None:
        try:
            found = response.json()
        except ValueError:
            found = {}
        causes = [str(each.get("errorSummary")) for each in found.get("errorCauses") or ()]
        self.status = response.status_code
        self.words = "; ".join(each for each in (str(found.get("errorSummary") or ""), *causes) if each)
        cure = (
            f" Give a token of a Super Administrator in {TOKEN}."
            if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
            else ""
        )
        super().__init__(f"Okta answered {response.status_code}: {self.words}.{cure}")

    @property
    def is_about_filter(self) -> bool:
        """Whether it is the filter that the org does not take: an early-access feature that not every org has."""
        return self.status == httpx.codes.BAD_REQUEST and "filter" in self.words.casefold()


def body_of(app_url: str, secret: str, group_ids: Iterable[str] = ()) -> dict[str, Any]:
    """A hook for this app. With group ids, only their memberships are delivered."""
    events: dict[str, Any] = {"type": "EVENT_TYPE", "items": list(EVENT_TYPES)}
    if expression := _expression(group_ids):
        conditions = [{"event": each, "condition": {"expression": expression}} for each in MEMBERSHIP_TYPES]
        events["filter"] = {"type": "EXPRESSION_LANGUAGE", "eventFilterMap": conditions}
    scheme = {"type": "HEADER", "key": "Authorization", "value": secret}
    config = {"uri": app_url.rstrip("/") + HOOK_PATH, "authScheme": scheme}
    return {
        "name": NAME,
        "events": events,
        "channel": {"type": "HTTP", "version": "1.0.0", "config": config},
    }


def _expression(group_ids: Iterable[str]) -> str:
    """Both conditions in one selector, so that they hold of one target: docs/setup-okta.md, 'A filter, if you like'."""
    ids = " || ".join(f"id eq '{each}'" for each in group_ids)
    return f"event.target.?[type eq 'UserGroup' && ({ids})].size() > 0" if ids else ""
