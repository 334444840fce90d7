"""The words of each language that no template holds: months, units of time, and what the steps of a flow do.

`MAIL_LANGUAGE` chooses one. Everything else that a mail says stands in `templates/<language>`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from lifecycle.delays import Delay, IntervalType


@dataclass(frozen=True)
class Words:
    """`day` and `instant` are patterns; `units` hold one and several; `unnamed` stands for a license
    that nobody knows a name of; `steps` translate `Stage.does`."""

    months: tuple[str, ...]
    day: str
    instant: str
    units: Mapping[IntervalType, tuple[str, str]]
    unnamed: str
    steps: Mapping[str, str] = field(default_factory=dict)

    def date(self, at: datetime, zone: tzinfo) -> str:
        """The day alone."""
        local = at.astimezone(zone)
        return self.day.format(day=local.day, month=self.months[local.month - 1], year=local.year)

    def time(self, at: datetime, zone: tzinfo) -> str:
        """Day and time, with the name of the zone: nobody has to guess whose clock is meant."""
        name = str(zone)
        called = name if name == "UTC" else f"({name})"
        return self.instant.format(day=self.date(at, zone), time=f"{at.astimezone(zone):%H:%M}", zone=called)

    def delay(self, delay: Delay) -> str:
        one, several = self.units[delay.interval_type]
        return f"{delay.integer} {one if delay.integer == 1 else several}"

    def step(self, does: str) -> str:
        return self.steps.get(does, does)


ENGLISH = Words(
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    day="{day} {month} {year}",
    instant="{day}, {time} {zone}",
    units={unit: (unit.value, f"{unit.value}s") for unit in IntervalType},
    unnamed="a license without a name",
)

GERMAN = Words(
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    day="{day}. {month} {year}",
    instant="{day}, {time} Uhr {zone}",
    units={  # as they stand after "von"
        IntervalType.SECOND: ("Sekunde", "Sekunden"),
        IntervalType.MINUTE: ("Minute", "Minuten"),
        IntervalType.HOUR: ("Stunde", "Stunden"),
        IntervalType.DAY: ("Tag", "Tagen"),
        IntervalType.WEEK: ("Woche", "Wochen"),
        IntervalType.MONTH: ("Monat", "Monaten"),
        IntervalType.YEAR: ("Jahr", "Jahren"),
    },
    unnamed="eine Lizenz ohne Namen",
    steps={
        "waiting until Okta's System Log has the event": "warten, bis das Ereignis im System Log von Okta steht",
        "taking the person over from any earlier run": "die Person von einem früheren Lauf übernehmen",
        "waiting for the earlier run to stop": "warten, bis der frühere Lauf endet",
        "reading in Okta whether the person is entitled to Microsoft 365": (
            "in Okta lesen, ob der Person Microsoft 365 zusteht"
        ),
        "finding out which groups were left, and when their licenses go": (
            "feststellen, welche Gruppen verlassen wurden und wann deren Lizenzen gehen"
        ),
        "checking that the person is, or was, in a managed group": (
            "prüfen, ob die Person in einer verwalteten Gruppe ist oder war"
        ),
        "taking the account over from any earlier run": "das Konto von einem früheren Lauf übernehmen",
        "starting a run for the user to whom the account belongs now": (
            "einen Lauf für den Benutzer starten, dem das Konto jetzt gehört"
        ),
        "finding the Microsoft 365 account": "das Microsoft-365-Konto finden",
        "reading what an operator has said": "lesen, was ein Operator gesagt hat",
        "recording how it ended": "festhalten, wie es ausging",
        "checking that the group that was left exists still": "prüfen, ob es die verlassene Gruppe noch gibt",
        "checking that this is not one of a wave of removals": "prüfen, ob dies Teil einer Welle von Abgängen ist",
        "reading in Okta whether the person came back while held": (
            "in Okta lesen, ob die Person inzwischen zurückgekommen ist"
        ),
        "storing the licenses, so that they can be given back": (
            "die Lizenzen festhalten, damit sie zurückgegeben werden können"
        ),
        "disabling the Microsoft 365 account": "das Microsoft-365-Konto deaktivieren",
        "revoking the sign-in sessions": "die Anmeldesitzungen beenden",
        "fixing the date on which the licenses go": "festlegen, wann die Lizenzen gehen",
        "telling the manager that the account is disabled": "der Führungskraft sagen, dass das Konto deaktiviert ist",
        "reminding the manager of the date on which the licenses go": (
            "die Führungskraft an den Tag erinnern, an dem die Lizenzen gehen"
        ),
        "telling the manager that the licenses go on another date": (
            "der Führungskraft sagen, dass die Lizenzen an einem anderen Tag gehen"
        ),
        "telling the manager that the licenses stay": "der Führungskraft sagen, dass die Lizenzen bleiben",
        "fixing another date on which the licenses go": "einen anderen Tag festlegen, an dem die Lizenzen gehen",
        "checking that the account has stayed disabled": "prüfen, ob das Konto deaktiviert geblieben ist",
        "waiting until the delay is over": "warten, bis die Frist um ist",
        "reading in Okta whether the person came back": "in Okta lesen, ob die Person zurückgekommen ist",
        "storing the licenses that are about to be removed": "die Lizenzen festhalten, die gleich entzogen werden",
        "removing the licenses": "die Lizenzen entziehen",
        "telling the manager which licenses were removed": ("der Führungskraft sagen, welche Lizenzen entzogen wurden"),
        "removing the licenses the tenant refused to remove": (
            "die Lizenzen entziehen, deren Entzug der Tenant abgelehnt hat"
        ),
        "waiting until the delay of a left group is over": "warten, bis die Frist einer verlassenen Gruppe um ist",
        "storing the licenses that go with a left group": (
            "die Lizenzen festhalten, die mit einer verlassenen Gruppe gehen"
        ),
        "recording that its licenses are gone": "festhalten, dass deren Lizenzen entzogen sind",
        "forgetting the date on which the licenses were to go": "den Tag streichen, an dem die Lizenzen gehen sollten",
        "finding out whether the person is new to the managed groups": (
            "feststellen, ob die Person neu in den verwalteten Gruppen ist"
        ),
        "checking that the account has stayed enabled": "prüfen, ob das Konto aktiviert geblieben ist",
        "waiting for the account to be made": "warten, bis das Konto angelegt ist",
        "enabling the Microsoft 365 account": "das Microsoft-365-Konto aktivieren",
        "deciding which licenses are given": "entscheiden, welche Lizenzen vergeben werden",
        "giving the account a usage location": "dem Konto ein Nutzungsland geben",
        "giving the licenses": "die Lizenzen vergeben",
        "telling the manager which licenses were given back": (
            "der Führungskraft sagen, welche Lizenzen zurückgegeben wurden"
        ),
        "waiting for a free seat": "auf einen freien Platz warten",
        "giving the licenses that had no free seat": "die Lizenzen vergeben, für die kein Platz frei war",
        "giving the licenses the tenant refused to give": "die Lizenzen vergeben, die der Tenant abgelehnt hat",
        "forgetting the snapshot that was given back": "die zurückgegebene Aufstellung der Lizenzen löschen",
    },
)

LANGUAGES: Mapping[str, Words] = {"en": ENGLISH, "de": GERMAN}
