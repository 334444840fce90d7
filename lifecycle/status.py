"""The custom status of an instance: what a person reads who looks at it."""

from dataclasses import dataclass
from datetime import datetime

# Durable Functions takes 16 KB of UTF-16, for all of it; a vendor's message can be longer.
LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Status:
    """`user` is the person's login, None in a flow about nobody in particular; `about` says there what it is about.

    `command` is the last command that the run heard, and who gave it.
    """

    stage: str
    user: str | None
    about: str | None = None
    due_at: datetime | None = None
    reason: str | None = None
    command: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """What is not known is left out, but for `user`."""
        optional = {
            "about": shortened(self.about),
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "reason": shortened(self.reason),
            "command": self.command,
        }
        return {"stage": self.stage, "user": self.user} | {name: text for name, text in optional.items() if text}


def shortened(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
