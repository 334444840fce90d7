"""What the world outside the app shows, read by HTTP: the account in the tenant, the mailbox, Okta's delivery log.

Only `run` asks the app, for the durable status that operators see; nothing is taken for true on its word.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from local.demo.mail_text import as_text
from wiring import sku_names

ACCOUNT_FIELDS = "id,accountEnabled,signInSessionsValidFromDateTime,licenseAssignmentStates"


@dataclass(frozen=True)
class Account:
    """Licenses by the names people read."""

    enabled: bool
    sessions_valid_from: str | None
    direct: frozenset[str]
    inherited: frozenset[str]

    @property
    def licenses(self) -> frozenset[str]:
        return self.direct | self.inherited


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str


@dataclass(frozen=True)
class RunStatus:
    runtime_status: str = "not started"
    stage: str | None = None
    due_at: str | None = None
    reason: str | None = None

    @property
    def is_over(self) -> bool:
        return self.runtime_status in {"Completed", "Failed", "Terminated"}


@dataclass(frozen=True)
class Delivery:
    status: int | None
    seconds: float
    started: tuple[str, ...]


@dataclass(frozen=True)
class Observation:
    """Everything seen at one moment, `at` seconds after the person left the group."""

    at: float
    account: Account
    mails: tuple[Mail, ...] = ()
    run: RunStatus = field(default_factory=RunStatus)


class Observer:
    def __init__(self, okta: httpx.AsyncClient, tenant: httpx.AsyncClient, host: httpx.AsyncClient) -> None:
        self._okta, self._tenant, self._host = okta, tenant, host

    async def account(self, login: str) -> Account:
        user = await _json(self._tenant, f"/v1.0/users/{login}", {"$select": ACCOUNT_FIELDS})
        states = user["licenseAssignmentStates"]
        return Account(
            enabled=user["accountEnabled"],
            sessions_valid_from=user.get("signInSessionsValidFromDateTime"),
            direct=_names(state["skuId"] for state in states if state.get("assignedByGroup") is None),
            inherited=_names(state["skuId"] for state in states if state.get("assignedByGroup") is not None),
        )

    async def mails(self, address: str) -> tuple[Mail, ...]:
        mailbox = await _json(self._tenant, f"/control/mailboxes/{address}")
        return tuple(Mail(each["subject"], _text(each)) for each in mailbox["messages"])

    async def delivery(self, event_type: str) -> Delivery | None:
        """The first delivery of such an event that Okta has an answer for."""
        for each in (await _json(self._okta, "/control/deliveries"))["deliveries"]:
            types = {event["eventType"] for event in each["payload"]["data"]["events"]}
            if event_type in types and each["state"] in {"delivered", "failed"}:
                return _delivery(each["attempts"])
        return None

    async def run(self, instance_id: str) -> RunStatus:
        answer = await self._host.get(f"/runtime/webhooks/durabletask/instances/{instance_id}")
        if answer.status_code not in {200, 202}:
            return RunStatus()
        status = answer.json()
        custom = status.get("customStatus") or {}
        return RunStatus(status["runtimeStatus"], custom.get("stage"), custom.get("due_at"), custom.get("reason"))


def _delivery(attempts: list[dict[str, Any]]) -> Delivery:
    last = attempts[-1]
    started = httpx.Response(200, text=last["answer"]).json().get("started", []) if last["status"] == 200 else []
    return Delivery(last["status"], last["duration_seconds"], tuple(started))


def _text(message: dict[str, str]) -> str:
    return as_text(message["body"]) if message["content_type"].lower() == "html" else message["body"]


def _names(sku_ids: Iterable[str]) -> frozenset[str]:
    known = sku_names()
    return frozenset(known.get(sku_id.lower(), sku_id) for sku_id in sku_ids)


async def _json(client: httpx.AsyncClient, path: str, query: dict[str, str] | None = None) -> dict[str, Any]:
    answer = await client.get(path, params=query)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found
