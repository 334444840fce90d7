"""The clock a stand-in stamps its records with: real UTC time, moved by an offset that tests set."""

from datetime import UTC, datetime, timedelta


class Clock:
    def __init__(self) -> None:
        self.offset_seconds = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset_seconds)

    def millis(self) -> str:
        return iso_millis(self.now())

    def seconds(self) -> str:
        return iso_seconds(self.now())


def iso_millis(at: datetime) -> str:
    """Format as Okta does: 2026-09-14T08:21:07.412Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def iso_seconds(at: datetime) -> str:
    """Format as Microsoft Graph does: 2026-09-14T08:21:07Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_micros(at: datetime) -> str:
    """Format so that strings sort as the instants do: 2026-09-14T08:21:07.412345Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
