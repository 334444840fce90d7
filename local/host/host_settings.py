"""`host.json` and `local.settings.json`, read as the Functions host and the Core Tools read them."""

import json
import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

KEY_SETTING = "LOCAL_HOST_KEY"
_TIMESPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")


class StartError(Exception):
    """The host cannot start; the text says what to do."""


@dataclass(frozen=True)
class HostSettings:
    route_prefix: str = "api"
    hub_name: str = "TestHubName"
    maximum_activities: int = 0
    maximum_orchestrators: int = 0
    maximum_actions: int = 100_000
    any_state_overridable: bool = False
    function_timeout: timedelta | None = None
    default_version: str | None = None
    key: str | None = None


def read_host_settings(folder: Path) -> HostSettings:
    host = _read_json(folder / "host.json", 'a Functions app needs one; the smallest is {"version": "2.0"}')
    extensions = host.get("extensions") or {}
    durable = extensions.get("durableTask") or {}
    per_core = 10 * (os.cpu_count() or 1)
    return HostSettings(
        route_prefix=str((extensions.get("http") or {}).get("routePrefix", "api")).strip("/"),
        hub_name=expand(str(durable.get("hubName") or "TestHubName")),
        maximum_activities=int(durable.get("maxConcurrentActivityFunctions") or per_core),
        maximum_orchestrators=int(durable.get("maxConcurrentOrchestratorFunctions") or per_core),
        maximum_actions=int(durable.get("maxOrchestrationActions") or 100_000),
        any_state_overridable=durable.get("overridableExistingInstanceStates") == "AnyState",
        function_timeout=parse_timespan(str(host["functionTimeout"])) if "functionTimeout" in host else None,
        default_version=durable.get("defaultVersion"),
        key=os.environ.get(KEY_SETTING, "").strip() or None,
    )


def load_local_settings(folder: Path) -> int:
    """Put `Values` into the environment, where what is there already wins. Returns how many were taken."""
    path = folder / "local.settings.json"
    if not path.exists():
        return 0
    settings = _read_json(path, "")
    if settings.get("IsEncrypted"):
        raise StartError(f"{path} is encrypted; run `func settings decrypt` or write its values in plain text")
    values = settings.get("Values") or {}
    wrong = [name for name, value in values.items() if not isinstance(value, str)]
    if wrong:
        raise StartError(f"{path}: every value must be a text in quotes; these are not: {', '.join(sorted(wrong))}")
    taken = [name for name in values if name not in os.environ]
    os.environ.update({name: values[name] for name in taken})
    return len(taken)


def expand(text: str) -> str:
    """`%NAME%` stands for an app setting."""

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if found is None:
            raise StartError(f"'{text}' names the app setting {match[1]}, which is not set")
        return found

    return re.sub(r"%([^%\s]+)%", value, text)


def parse_timespan(text: str) -> timedelta | None:
    """A .NET TimeSpan (`[d.]hh:mm[:ss]`); None for -1, which means no limit."""
    if text.strip() == "-1":
        return None
    match = _TIMESPAN.fullmatch(text.strip())
    if match is None:
        raise StartError(f"'{text}' is not a time span such as 00:10:00")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _read_json(path: Path, hint: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise StartError(f"there is no {path.name} in {path.parent}: {hint}") from None
    except json.JSONDecodeError as fault:
        raise StartError(f"{path} is not JSON: {fault}") from None
    if not isinstance(content, dict):
        raise StartError(f"{path} must be a JSON object")
    return content
