"""Random lives of two people with an account each, in two groups: whatever Okta allows, in whichever order.

People leave and join groups, are deactivated and reactivated, deleted and rehired under the same login as another
Okta user; somebody has no more than the mail address of an account; and events are forged that nobody saw happen.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.orchestrators.small_steps import OKTA, TENANT
from tests.orchestrators.small_story import LOGINS
from tests.orchestrators.small_world import (
    E3,
    GROUPS,
    HELD,
    VISIO,
    Licenses,
    SmallWorld,
    add_second_person,
    small_world,
)

CATALOG = {"Office": E3, "Visio": VISIO}
ALL_PLANS: Licenses = {E3: (), VISIO: ()}  # a catalog knows no switched-off plans
WAITS = ("wait 1", "wait 1", "wait 8", "wait 31", "until 7", "until 30")
HAPPENINGS = ("leave", "leave", "join", "join", "deactivate", "deactivate", "activate", "delete", "hired")
FORGED = ("leave Office", "leave Visio", "join Office", "deactivate", "activate", "delete")


@dataclass(frozen=True)
class Scenario:
    """What is told, on which world, and what may go wrong."""

    story: tuple[str, ...]
    groups: tuple[frozenset[str], frozenset[str]]  # of the two people at first
    has_catalog: bool
    faults: bool
    lags: bool
    stale: frozenset[str]  # systems whose replicas are always late
    log: bool

    def world(self) -> SmallWorld:
        held = ALL_PLANS if self.has_catalog else HELD
        first, second = (self._direct(groups) for groups in self.groups)
        catalog = CATALOG if self.has_catalog else {}
        world = small_world(groups=self.groups[0], held=held, direct=first, catalog=catalog)
        add_second_person(world, groups=self.groups[1], direct=second)
        return world

    def _direct(self, groups: frozenset[str]) -> Licenses:
        return {CATALOG[group]: () for group in groups} if self.has_catalog else HELD


@dataclass(frozen=True)
class Person:
    """An Okta user, as far as it matters for what can happen next."""

    who: str
    login: str
    groups: frozenset[str] = frozenset()
    is_active: bool = True


@dataclass
class Life:
    """Tells what happens; always something that can."""

    chance: random.Random
    people: dict[str, Person]
    vacant: list[str] = field(default_factory=list)  # logins of people who were deleted
    letters: list[str] = field(default_factory=lambda: ["C", "D", "E", "F"])

    def happenings(self, number: int) -> Iterator[str]:
        while number:
            if self.chance.random() < 0.2:
                yield self.chance.choice(WAITS)
            else:
                word = self._word()
                if word is None:
                    continue
                yield word
            number -= 1

    def _word(self) -> str | None:
        """None when this cannot happen just now."""
        verb = self.chance.choice(HAPPENINGS)
        if verb == "hired":
            return self._hired()
        if not self.people:
            return None
        person = self.people[self.chance.choice(sorted(self.people))]
        match verb:
            case "leave" if person.groups:
                group = self.chance.choice(sorted(person.groups))
                return self._become(replace(person, groups=person.groups - {group}), f"leave {group}")
            case "join" if person.groups != frozenset(GROUPS):
                group = self.chance.choice(sorted(frozenset(GROUPS) - person.groups))
                return self._become(replace(person, groups=person.groups | {group}), f"join {group}")
            case "deactivate" if person.is_active:
                return self._become(replace(person, is_active=False), "deactivate")
            case "activate" if not person.is_active:
                return self._become(replace(person, is_active=True), "activate")
            case "delete" if not person.is_active:
                del self.people[person.who]
                if person.login in LOGINS.values():
                    self.vacant.append(person.login)
                return f"{person.who}: delete"
        return None

    def _become(self, person: Person, what: str) -> str:
        self.people[person.who] = person
        return f"{person.who}: {what}"

    def _hired(self) -> str | None:
        """Under the login of somebody who was deleted; now and then somebody with no more than a mail address."""
        if not self.letters:
            return None
        if self.vacant:
            who, login = self.letters.pop(0), self.vacant.pop(0)
            return self._become(Person(who, login), f"hired {login}")
        if self.chance.random() < 0.15:
            who = self.letters.pop(0)
            return self._become(Person(who, f"{who}@contoso.com"), "shares")
        return None


def random_scenario(chance: random.Random, *, length: int = 8) -> Scenario:
    groups = tuple(frozenset(group for group in sorted(GROUPS) if chance.random() < 0.5) for _ in LOGINS)
    life = Life(chance, {who: Person(who, login, of) for (who, login), of in zip(LOGINS.items(), groups, strict=True)})
    story = tuple(life.happenings(chance.randint(2, length)))
    log, lags = chance.random() < 0.5, chance.random() < 0.7
    return Scenario(
        story=tuple(_with_forged(chance, story)) if log else story,
        groups=(groups[0], groups[1]),
        has_catalog=chance.random() < 0.5,
        faults=chance.random() < 0.7,
        lags=lags,
        stale=frozenset(system for system in (OKTA, TENANT) if lags and chance.random() < 0.3),
        log=log,
    )


def _with_forged(chance: random.Random, story: tuple[str, ...]) -> Iterator[str]:
    """Whoever knows the hook's secret adds deliveries of what never happened, and alters those of what did."""
    for word in story:
        if chance.random() < 0.2:
            yield f"{chance.choice('AB')}: forged {chance.choice(FORGED)}"
        who, is_about, verb = word.partition(": ")
        yield f"{who}: swapped {verb}" if is_about and chance.random() < 0.1 else word
