"""The list of people: by phase, by name or login, by the day on which licenses go; page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from lifecycle.members import Member
from lifecycle.stages import Phase
from pages import words
from pages.frame import Frame, render
from pages.words import State


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. `after` is where the page before ended."""

    phase: Phase | None = None
    named: str = ""
    due: date | None = None
    after: str = ""

    def address(self, **other: str | None) -> str:
        """The query string that asks for the same, but for what is named."""
        own = {"phase": self.phase, "named": self.named, "due": self.due and self.due.isoformat()}
        given = {name: str(value) for name, value in (own | other).items() if value}
        return f"?{urlencode(given)}" if given else ""


@dataclass(frozen=True, slots=True)
class Row:
    okta_user_id: str
    name: str
    login: str
    state: State
    group: str
    due_at: datetime | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Filter:
    """One word to choose a phase by."""

    word: str
    address: str
    is_chosen: bool


def people(
    asked: Asked, found: Sequence[Member], due: Mapping[str, datetime], next_after: str | None, frame: Frame
) -> str:
    """`due` has, by Okta user id, when the licenses go."""
    return render(
        "people.html",
        frame,
        asked=asked,
        filters=filters(asked),
        people=[_row(member, due) for member in found],
        next=asked.address(after=next_after) if next_after else None,
        first=asked.address() if asked.after else None,
    )


def filters(asked: Asked) -> list[Filter]:
    everybody = Filter("Everybody", asked.address(phase=None, due=None), asked.phase is None and asked.due is None)
    phases = [
        Filter(word, asked.address(phase=phase.value, due=None), asked.phase is phase)
        for phase, word in words.FILTERS.items()
    ]
    return [everybody, *phases]


def _row(member: Member, due: Mapping[str, datetime]) -> Row:
    return Row(
        okta_user_id=member.okta_user_id,
        name=words.called(member),
        login=member.login,
        state=words.state_of(member),
        group=member.group_name or "",
        due_at=due.get(member.okta_user_id),
        since=member.updated_at,
    )
