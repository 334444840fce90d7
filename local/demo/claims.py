"""What the demo promises, each claim decided from what was seen outside the app."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.demo.observer import Account, Delivery, Mail, Observation

OKTA_WAITS_S = 3.0
# Changes are seen a little after they happen, so two of them may look closer together than they were.
SEEN_WITHIN_S = 0.5
STAYING = "These stay"


@dataclass(frozen=True)
class Claim:
    says: str
    seen_in: str
    holds: bool


def claims(observations: Sequence[Observation], delivery: Delivery | None, delay_s: float) -> list[Claim]:
    """`observations` begin before anything happened and end when the run was over."""
    before, after = observations[0].account, observations[-1].account
    mails = observations[-1].mails
    return [
        Claim("Okta's delivery was answered with 200 within its 3 seconds", "Okta's delivery log", _in_time(delivery)),
        Claim(
            f"The account was disabled while all {len(before.licenses)} licenses were still there",
            "tenant",
            any(
                not observation.account.enabled and observation.account.licenses == before.licenses
                for observation in observations
            ),
        ),
        Claim("The sign-in sessions were revoked", "tenant", after.sessions_valid_from != before.sessions_valid_from),
        Claim("The manager knew before any license went", "mailbox", _told_before_removal(observations, before)),
        Claim(
            f"No license went before the delay of {delay_s:g} s was over",
            "tenant",
            _waited(observations, before, delay_s),
        ),
        Claim(
            f"The {len(before.direct)} direct licenses are gone, the {len(before.inherited)} inherited still there",
            "tenant",
            bool(before.direct and before.inherited) and not after.direct and after.inherited == before.inherited,
        ),
        Claim("The account is still disabled", "tenant", not after.enabled),
        Claim("The manager got two mails, no more and no less", "mailbox", len(mails) == 2),
        Claim("The second mail names what went and what stays, rightly", "mailbox", _names_rightly(mails, before)),
        Claim("The run is completed", "durable status", observations[-1].run.runtime_status == "Completed"),
    ]


def _in_time(delivery: Delivery | None) -> bool:
    return delivery is not None and delivery.status == 200 and delivery.seconds < OKTA_WAITS_S


def _first(observations: Sequence[Observation], holds: Sequence[bool]) -> float | None:
    return next((observation.at for observation, held in zip(observations, holds, strict=True) if held), None)


def _told_before_removal(observations: Sequence[Observation], before: Account) -> bool:
    told = _first(observations, [len(observation.mails) > 0 for observation in observations])
    removed = _first(observations, [observation.account.licenses != before.licenses for observation in observations])
    return told is not None and removed is not None and told < removed


def _waited(observations: Sequence[Observation], before: Account, delay_s: float) -> bool:
    disabled = _first(observations, [not observation.account.enabled for observation in observations])
    removed = _first(observations, [observation.account.licenses != before.licenses for observation in observations])
    return disabled is not None and removed is not None and removed - disabled >= delay_s - SEEN_WITHIN_S


def _names_rightly(mails: Sequence[Mail], before: Account) -> bool:
    if len(mails) != 2:
        return False
    went, _, stays = mails[1].text.partition(STAYING)
    went_rightly = all(name in went and name not in stays for name in before.direct - before.inherited)
    stays_rightly = all(name in stays and name not in went for name in before.inherited - before.direct)
    return went_rightly and stays_rightly
