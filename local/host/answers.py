"""What the SDK answers when an orchestrator has been replayed: a JSON text, or an exception with one inside."""

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from local.host.replay import Action

ERROR_LABEL = "\n\n$OutOfProcData$:"
# The extension counts the JSON text as UTF-16 and compares whole KB, so the first length refused is 17 KB.
OVERSIZED_STATUS_LENGTH = 17 * 1024 // 2
OVERSIZED_STATUS = "The UTF-16 size of the JSON-serialized payload must not exceed 16 KB (custom status)."
# One host's replays name the same instants again and again.
REMEMBERED_INSTANTS = 100_000


def remember_parsed_instants() -> None:
    """Let the SDK parse a timestamp's text once only: it does so for every event of every replay, slowly."""
    # By name: the package hides this module behind the class of the same name.
    module = importlib.import_module("azure.durable_functions.models.history.HistoryEvent")
    if not hasattr(module.dt_parse, "cache_info"):
        vars(module)["dt_parse"] = lru_cache(REMEMBERED_INSTANTS)(module.dt_parse)


@dataclass(frozen=True)
class Answer:
    done: bool = False
    actions: list[Action] = field(default_factory=list)
    output: str | None = None
    custom_status: str | None = None
    error: str | None = None
    # True: the SDK itself stumbled (or an unknown shape came back), so `actions` says nothing.
    sdk_fault: bool = False

    @property
    def ended(self) -> bool:
        return self.done or self.error is not None

    @property
    def oversized_status(self) -> bool:
        return self.custom_status is not None and len(self.custom_status) >= OVERSIZED_STATUS_LENGTH


def ask(handle: Callable[[str], str], context: str) -> Answer:
    """Replay once. A failed orchestrator raises, with its state behind a label in the text."""
    try:
        return parse_answer(handle(context))
    except Exception as fault:  # whatever the app's orchestrator raises is its result, not ours
        _, label, state = str(fault).partition(ERROR_LABEL)
        if label:
            return parse_answer(state)
        return Answer(error=str(fault) or repr(fault), sdk_fault=True)


def parse_answer(text: str) -> Answer:
    state = json.loads(text)
    return Answer(
        done=state["isDone"],
        actions=state["actions"][0],
        output=_text(state.get("output")),
        custom_status=_text(state.get("customStatus")),
        error=state.get("error"),
    )


def _text(value: object) -> str | None:
    return None if value is None else json.dumps(value)
