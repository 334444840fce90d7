"""The paths through a flow as its tapes show them: which stages a person sees, one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from activities.mail import mail_account_disabled, mail_account_enabled
from activities.removal import prepare_removal, prepare_removal_for_left_group
from lifecycle import stages
from lifecycle.stages import AnyStage, Phase, SkippableStage, Stage
from tests.orchestrators.tape import Called, Entry, Tape, Waited

STAGES = [each for each in vars(stages).values() if isinstance(each, Stage | SkippableStage)]
# Stages of one name that are told apart by what is called in them; others of one name come in the order of STAGES.
TOLD_APART: Mapping[str, AnyStage] = {
    mail_account_disabled.name: stages.MAIL_DISABLED,
    mail_account_enabled.name: stages.MAIL_ENABLED,
    prepare_removal.name: stages.PLAN_REMOVAL,
    prepare_removal_for_left_group.name: stages.PLAN_REMOVAL_FOR_GROUP,
}
HELD = "waiting for an operator, who says `release`, or `discard`"
PARKED = "waiting for an operator, who says `retry`, `skip` where the step may be left out, or `discard`"
NO_SEAT = "waiting for an hour, since there is no free seat"


@dataclass(frozen=True, slots=True)
class Row:
    """One stage of a path, as the page shows it."""

    name: str
    does: str
    is_skippable: bool = False


def rows(tape: Tape) -> list[Row]:
    """The stages of a flow about a person, without the phase in which it ends."""
    shown: list[Row] = []
    for name, entries in groupby(tape.entries, key=lambda entry: entry.stage):
        seen = sum(row.name == name for row in shown)
        shown.append(_row(name, list(entries), seen))
    return shown


def names(tape: Tape) -> Iterator[str]:
    """The names of the stages of any flow, with the one in which it ends."""
    shown = [entry.stage for entry in tape.entries] + [tape.stage]
    return (name for name, _ in groupby(shown))


def _row(name: str, entries: Sequence[Entry], seen: int) -> Row:
    if name == Phase.HELD:
        return Row(name, HELD)
    if name == Phase.NEEDS_ATTENTION:
        return Row(name, PARKED if any(_listens(entry) for entry in entries) else NO_SEAT)
    stage = _stage(name, entries, seen)
    return Row(name, stage.does, isinstance(stage, SkippableStage))


def _stage(name: str, entries: Sequence[Entry], seen: int) -> AnyStage:
    for entry in entries:
        if isinstance(entry, Called) and entry.call in TOLD_APART:
            return TOLD_APART[entry.call]
    candidates = [stage for stage in STAGES if stage.name == name]
    return candidates[min(seen, len(candidates) - 1)]


def _listens(entry: Entry) -> bool:
    return isinstance(entry, Waited) and any(task.startswith("event command") for task in entry.wait)
