"""The sample event that the Admin Console's Preview sends when the org has no recent one: mostly nulls."""

import uuid
from typing import Any


def preview_event(event_type: str, published: str) -> dict[str, Any]:
    """https://developer.okta.com/docs/concepts/event-hooks/ (Preview bypasses filters and even event types)."""
    return {
        "uuid": str(uuid.uuid4()),
        "published": published,
        "eventType": event_type,
        "version": "0",
        "displayMessage": "Sample event",
        "severity": "INFO",
        "client": dict.fromkeys(("userAgent", "zone", "device", "id", "ipAddress", "geographicalContext")),
        "device": None,
        "actor": None,
        "outcome": {"result": "Success", "reason": None},
        "target": None,
        "transaction": {"type": None, "id": None, "detail": None},
        "debugContext": None,
        "legacyEventType": None,
        "authenticationContext": None,
        "securityContext": None,
        "insertionTimestamp": None,
    }
