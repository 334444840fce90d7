"""What a change will do, in words, before it is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lifecycle.commands import StartCommand
from lifecycle.delays import Delay, describe
from lifecycle.members import Member
from lifecycle.orders import Command
from lifecycle.stages import Phase
from pages import instants, words
from pages.frame import Frame, count_of, render

FIRST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Prospect:
    """A person, and what a command would come upon. `goes` and `stays` are names of licenses."""

    member: Member
    due_at: datetime | None = None
    goes: Sequence[str] = ()
    stays: Sequence[str] = ()
    delay: Delay | None = None

    @property
    def name(self) -> str:
        return words.called(self.member)

    @property
    def manager(self) -> str:
        """Whom the run would tell, as far as is known."""
        known = self.member.manager_mail
        return f"The manager ({known})" if known else "The manager, if Okta or Entra names one,"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`says` is what will happen; `button` says it once more, shortly."""

    title: str
    says: Sequence[str]
    button: str
    is_destructive: bool = False
    names: Sequence[str] = ()


def of_person(command: str, prospect: Prospect, frame: Frame, until: datetime | None = None) -> Confirmation:
    """`until` is the date that `extend` would set."""
    made = {
        Command.KEEP: _keep,
        Command.REMOVE_NOW: _remove_now,
        Command.RELEASE: _release,
        Command.DISCARD: _discard,
        Command.RETRY: _retry,
        Command.SKIP: _skip,
        StartCommand.DEACTIVATE: _deactivate,
        StartCommand.ACTIVATE: _activate,
    }
    if command == Command.EXTEND and until is not None:
        return _extend(prospect, until, frame)
    return made[command](prospect)  # type: ignore[index]


def of_held(command: Command, people: Sequence[Member], *, everybody: bool) -> Confirmation:
    """The same said to several people whom the brake holds."""
    number = count_of(len(people), "person", "people")
    names = [words.called(member) for member in people[:FIRST_NAMED]]
    more = len(people) - len(names)
    listed = [*names, *([f"and {more:,} more"] if more else [])]
    whom = f"all {number}" if everybody else number
    if command is Command.RELEASE:
        says = (
            f"Okta is asked about each of them again, those first who have been held longest. Whoever has left has the"
            f" account disabled, is signed out everywhere, and the manager gets a mail."
            f" {_the_others('released', everybody=everybody)}",
            "Whoever is back in the meantime keeps everything.",
        )
        return Confirmation(f"Release {whom}?", says, f"Release {whom}", names=listed)
    says = (
        "The runs end here. The accounts stay as they are, enabled, with their licenses, although Okta says that these"
        f" people have left. Nobody is told. {_the_others('discarded', everybody=everybody)}",
        "The nightly check will list whoever is not entitled and still enabled.",
    )
    return Confirmation(f"Discard {whom}?", says, f"Discard {whom}", is_destructive=True, names=listed)


def _the_others(told: str, *, everybody: bool) -> str:
    return f"Whoever is held by then is {told} as well." if everybody else "The others stay held."


def _keep(prospect: Prospect) -> Confirmation:
    says = (
        f"The licenses of {prospect.name} stay, on this and on later leaves, until {prospect.name} is entitled again."
        f" The account stays disabled, and the run ends. {prospect.manager} gets a mail.",
        *_stay(prospect),
    )
    return Confirmation(f"Keep the licenses of {prospect.name}?", says, "Keep the licenses")


def _extend(prospect: Prospect, until: datetime, frame: Frame) -> Confirmation:
    date = instants.dated(until, frame.now, frame.zone)
    before = f" instead of {instants.dated(prospect.due_at, frame.now, frame.zone)}" if prospect.due_at else ""
    says = (
        f"The licenses of {prospect.name} go on {date}{before}. The account stays disabled until then."
        f" {prospect.manager} gets a mail with the new date.",
    )
    return Confirmation(f"Change the date of {prospect.name}?", says, f"Let the licenses go on {date}")


def _remove_now(prospect: Prospect) -> Confirmation:
    number = count_of(len(prospect.goes), "license") if prospect.goes else "the licenses"
    says = (
        f"Removes {number} from {prospect.name} now, unless Okta says that {prospect.name} is back."
        f" {prospect.name} is told nothing. {prospect.manager} gets a mail that says which went.",
        *([f"What goes: {', '.join(prospect.goes)}."] if prospect.goes else []),
        *_stay(prospect),
        "What is taken is kept on record, and comes back when the person does.",
    )
    title = f"Remove {number} from {prospect.name} now?"
    return Confirmation(title, says, f"Remove {number} now", is_destructive=True)


def _stay(prospect: Prospect) -> list[str]:
    return [f"What stays, since a group gives it: {', '.join(prospect.stays)}."] if prospect.stays else []


def _release(prospect: Prospect) -> Confirmation:
    when = f"in {describe(prospect.delay)}" if prospect.delay and prospect.delay.integer else "at once"
    says = (
        f"Okta is asked again. If {prospect.name} has left, the account is disabled and signed out everywhere."
        f" {prospect.manager} gets a mail; the licenses go {when}.",
        f"If {prospect.name} is back, nothing is changed.",
    )
    return Confirmation(f"Release {prospect.name}?", says, f"Release {prospect.name}")


def _discard(prospect: Prospect) -> Confirmation:
    if prospect.member.phase is Phase.HELD:
        says = f"The run ends here. The account of {prospect.name} stays as it is, enabled, with its licenses."
    else:
        says = f"The run of {prospect.name} ends here. What it did so far stays done; the rest is not done."
    also = "Nobody is told. Another event of the person in Okta starts another run."
    return Confirmation(f"End the run of {prospect.name}?", (says, also), "End the run", is_destructive=True)


def _retry(prospect: Prospect) -> Confirmation:
    says = (
        f"The run of {prospect.name} tries the step again at once, and goes on if it succeeds.",
        "If it fails in the same way, it waits here again.",
    )
    return Confirmation(f"Try again for {prospect.name}?", says, "Try again")


def _skip(prospect: Prospect) -> Confirmation:
    says = (
        f"The run of {prospect.name} leaves this step out and goes on with the next. Nothing makes up for it later.",
        "A step whose result is needed later cannot be left out: then the run waits here again.",
    )
    return Confirmation(f"Leave out this step for {prospect.name}?", says, "Leave out this step", is_destructive=True)


def _deactivate(prospect: Prospect) -> Confirmation:
    says = (
        f"Okta is asked about {prospect.name} now. If the person is not entitled to Microsoft 365, the account is"
        f" disabled and signed out everywhere, {_lowered(prospect.manager)} gets a mail, and the delay begins.",
        "If the person is entitled, nothing is changed.",
    )
    return Confirmation(f"Check {prospect.name}, and deactivate?", says, "Check, and deactivate", is_destructive=True)


def _activate(prospect: Prospect) -> Confirmation:
    says = (
        f"Okta is asked about {prospect.name} now. If the person is entitled to Microsoft 365, the account is enabled"
        f" and everything that was taken is given back; {_lowered(prospect.manager)} gets a mail.",
        "If the person is not entitled, nothing is changed.",
    )
    return Confirmation(f"Check {prospect.name}, and activate?", says, "Check, and activate")


def of_choice(name: str, group_name: str, *, assign: bool) -> Confirmation:
    """Whether newcomers to a group are given a SKU."""
    if assign:
        says = (
            f"From now on whoever is new to {group_name} is given {name}, as long as there is a free seat.",
            "Nobody who is in the group already is given anything now.",
        )
        return Confirmation(f"Give {name} to newcomers of {group_name}?", says, "Give it to newcomers")
    says = (
        f"From now on nobody who is new to {group_name} is given {name}.",
        "Nobody loses it now. Whoever leaves this group while in another one keeps it.",
    )
    return Confirmation(f"Stop giving {name} to newcomers of {group_name}?", says, "Stop giving it")


def confirm(asked: Confirmation, frame: Frame, *, action: str, back: str, fields: Sequence[tuple[str, str]]) -> str:
    """The page that asks. `action` and `back` are below the dashboard; `fields` are posted along."""
    return render("confirm.html", frame, asked=asked, action=action, back=back, fields=fields)


def ask_date(prospect: Prospect, frame: Frame, *, default: datetime, last: datetime, action: str, back: str) -> str:
    """The page that asks for the day on which licenses are to go instead."""
    return render(
        "ask_date.html",
        frame,
        name=prospect.name,
        due_at=prospect.due_at,
        default=default.astimezone(frame.zone).date().isoformat(),
        first=frame.now.astimezone(frame.zone).date().isoformat(),
        last=last.astimezone(frame.zone).date().isoformat(),
        action=action,
        back=back,
    )


def _lowered(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
