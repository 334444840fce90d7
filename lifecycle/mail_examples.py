"""An example of every mail, in each of its forms: for the check of templates at start, for previews, and for tests."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from traceback import walk_tb

from jinja2 import TemplateNotFound, TemplateSyntaxError

from lifecycle import mails, operator_mails
from lifecycle.delays import Delay, IntervalType
from lifecycle.entitlement import Cause
from lifecycle.mail_ledger import Part
from lifecycle.mail_rendering import HTML, TEMPLATES, TEXT, Letterhead, Mail, PersonName
from lifecycle.mail_words import LANGUAGES
from lifecycle.mails import Reader, Removed
from lifecycle.notices import DriftChecked, FoundDrift, GroupDeleted, GroupMissing, LogGap
from lifecycle.operator_mails import HeldWave

MAYA = PersonName("Maya Lin", "maya.lin@contoso.com")
NOOR = Reader("Noor Haddad")
OPERATORS = Reader(no_manager=True)
DUE_AT = datetime(2026, 10, 14, 10, 38, tzinfo=UTC)
RUN = "staged_deactivation-d41c7e80"
E3, VISIO, POWER_BI, TEAMS = "Microsoft 365 E3", "Visio Plan 2", "Power BI Pro", "Microsoft Teams"
MONTH = Delay(30, IntervalType.DAY)

Example = Callable[[Letterhead], Mail]


def _disabled(
    cause: Cause | None, licenses: list[str] | None, reader: Reader = NOOR, delay: Delay | None = MONTH
) -> Example:
    return lambda head: mails.account_disabled_mail(
        head, MAYA, reader, due_at=DUE_AT, delay=delay, cause=cause, licenses=licenses
    )


def _removed(found: Removed) -> Example:
    return lambda head: mails.licenses_removed_mail(head, MAYA, NOOR, found)


def _enabled(*, was_disabled: bool, given: tuple[str, ...] = (), rest: tuple[str, ...] = ()) -> Example:
    return lambda head: mails.account_enabled_mail(
        head, MAYA, NOOR, was_disabled=was_disabled, given=given, waiting=rest[:1], failed=rest[1:]
    )


SEVERAL = (  # kinds of mails that go out as one about several people
    "account_disabled",
    "reminder",
    "date_changed",
    "licenses_kept",
    "licenses_removed",
    "account_enabled",
)


def _several(kind: str, name: str | None = "Noor Haddad") -> Example:
    """Of one such mail each, as it is gathered."""

    def example(head: Letterhead) -> Mail:
        summary = _EXAMPLES[kind if kind in _EXAMPLES else f"{kind}-{Cause.DEACTIVATED}"](head).summary
        parts = [
            Part("noor.haddad@contoso.com", name, name is None, f"{who} ({who.lower()}@contoso.com)", summary)
            for who in ("Ada", "Maya", "Tomas")
        ]
        return mails.several_mail(head, kind, parts)

    return example


def _drift(count: int, *, applied: bool, reason: str | None = None) -> Example:
    found = FoundDrift(MAYA.login, "…", "…" if applied else None)
    notice = DriftChecked("reconcile_members-1", applied, count, (found,) if count else (), reason)
    return lambda head: operator_mails.notice_mail(head, notice)


def _wave(count: int, *, more_than: bool = False) -> Example:
    people = [PersonName(f"Ada {number}", f"ada.{number}@contoso.com") for number in range(1, min(count, 10) + 1)]
    wave = HeldWave(DUE_AT, count, people, more_than=more_than)
    return lambda head: operator_mails.wave_held_mail(head, wave)


def _log_gap(lost: timedelta) -> Example:
    return lambda head: operator_mails.notice_mail(head, LogGap(DUE_AT, DUE_AT + lost))


_EXAMPLES: Mapping[str, Example] = {
    **{f"account_disabled-{cause}": _disabled(cause, [E3, VISIO]) for cause in Cause},
    "account_disabled-nothing-goes": _disabled(Cause.DEACTIVATED, [], delay=None),
    "account_disabled-unknown": _disabled(None, None),
    "account_disabled-no-manager": _disabled(Cause.DEACTIVATED, [E3, ""], OPERATORS),
    "reminder": lambda head: mails.reminder_mail(head, MAYA, NOOR, due_at=DUE_AT, licenses=[E3, VISIO]),
    "date_changed": lambda head: mails.date_changed_mail(head, MAYA, NOOR, due_at=DUE_AT, licenses=[E3]),
    "licenses_kept": lambda head: mails.licenses_kept_mail(head, MAYA, NOOR),
    "licenses_removed": _removed(Removed([E3, VISIO])),
    "licenses_removed-early": _removed(Removed([E3], early=True)),
    "licenses_removed-not-all": _removed(Removed([E3], [POWER_BI], [TEAMS], [VISIO])),
    "licenses_removed-refused": _removed(Removed(failed=[POWER_BI])),
    "licenses_removed-none": _removed(Removed(inherited=[TEAMS])),
    "licenses_removed-with-a-group": _removed(Removed([VISIO], left_group="Visio Users")),
    "licenses_removed-with-a-nameless-group": _removed(Removed([VISIO], left_group="")),
    "licenses_removed-account-deleted": _removed(Removed(account_deleted=True)),
    "account_enabled": _enabled(was_disabled=True, given=(E3, VISIO)),
    "account_enabled-not-all": _enabled(was_disabled=True, given=(E3,), rest=(VISIO, POWER_BI)),
    "account_enabled-nothing-was-taken": _enabled(was_disabled=True),
    "account_enabled-later": _enabled(was_disabled=False, given=(VISIO,)),
    "account_enabled-missing": _enabled(was_disabled=False, rest=(VISIO, POWER_BI)),
    **{f"several-{kind}": _several(kind) for kind in SEVERAL},
    "several-no-manager": _several("account_disabled", None),
    "operators_seats": lambda head: operator_mails.seats_mail(head, MAYA, waiting=[VISIO], instance=RUN),
    "operators_attention": lambda head: operator_mails.attention_mail(
        head,
        MAYA,
        step="disabling the Microsoft 365 account",
        reason="Authorization_RequestDenied",
        instance=RUN,
        okta_user_id="00u7new3Zp5Rt6Vb15d7",
    ),
    "wave_held": _wave(350),
    "wave_held-one": _wave(1),
    "wave_held-many": _wave(1000, more_than=True),
    "group_deleted": lambda head: operator_mails.notice_mail(head, GroupDeleted("Office 365 Assignments")),
    "group_missing": lambda head: operator_mails.notice_mail(head, GroupMissing("office 365", "Office 365")),
    "group_missing-nothing-near": lambda head: operator_mails.notice_mail(head, GroupMissing("Sales", None)),
    "log_gap": _log_gap(timedelta(days=2)),
    "log_gap-complete": _log_gap(timedelta()),
    "drift_checked": _drift(1, applied=False),
    "drift_checked-applied": _drift(40, applied=True),
    "drift_checked-incomplete": _drift(2, applied=False, reason="…"),
    "drift_checked-failed": _drift(0, applied=False, reason="…"),
}


def examples(head: Letterhead) -> dict[str, Mail]:
    """An example of every mail, under the name of its template and, where it has several forms, of the form."""
    return {name: example(head) for name, example in _EXAMPLES.items()}


def faults(head: Letterhead) -> list[str]:
    """What is wrong with the templates of a folder: each fault with template and line, and files that no mail uses."""
    found = list(_unused(Path(head.folder))) if head.folder else []
    for example in _EXAMPLES.values():
        # With and without what a company may leave out.
        for letterhead in (head, Letterhead("Contoso", "help@contoso.com", head.language, "UTC", head.folder)):
            try:
                example(letterhead)
            except Exception as error:  # whatever a template does wrong: it is only named here
                found.append(_words(error))
    return list(dict.fromkeys(found))


def _unused(folder: Path) -> Iterable[str]:
    known = {path.relative_to(root) for root in _roots(TEMPLATES) for path in root.iterdir() if path.is_file()}
    for root in _roots(folder):
        for path in sorted(root.iterdir()) if root.is_dir() else ():
            if path.suffix in (".jinja", f".{HTML}", f".{TEXT}") and path.relative_to(root) not in known:
                yield f"{path.relative_to(folder)}: no mail has a template of this name"


def _roots(folder: Path) -> list[Path]:
    return [folder, *(folder / language for language in LANGUAGES)]


def _words(error: Exception) -> str:
    """Where it is, and what: a template is at fault in its last line that was being rendered."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name}, line {error.lineno}: {error.message}"
    if isinstance(error, TemplateNotFound):
        return f"{error.name}: there is no such template"
    places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    names = [(Path(file).name, line) for file, line in places if file.endswith((".jinja", f".{HTML}", f".{TEXT}"))]
    name, line = names[-1] if names else ("a template", 0)
    return f"{name}, line {line}: {error}"
