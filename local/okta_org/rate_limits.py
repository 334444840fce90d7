"""Okta's rate limits: requests per minute and bucket, and requests at once.

https://developer.okta.com/docs/reference/rl-best-practices/
"""

from local.stand_in.clock import Clock

WINDOW_SECONDS = 60
# Generous, so that a test meets a limit only when it asks for one; a real org has 500 to 1,000 in most buckets.
DEFAULT_PER_MINUTE = 100_000
DEFAULT_AT_ONCE = 75


class RateLimits:
    """Counts per bucket (`users`, `groups`, `logs`, `eventHooks`, ...) in windows not aligned to the wall clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        self.per_minute: dict[str, int] = {}
        self.at_once = DEFAULT_AT_ONCE
        self.in_progress = 0
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, bucket: str) -> tuple[bool, dict[str, str]]:
        """Count one request. Answers whether it may pass, and the headers every answer carries."""
        now = self._clock.now().timestamp()
        started_at, used = self._windows.get(bucket, (now, 0))
        if now >= started_at + WINDOW_SECONDS:
            started_at, used = now, 0
        limit = self.per_minute.get(bucket, DEFAULT_PER_MINUTE)
        passes = used < limit
        self._windows[bucket] = (started_at, used + passes)
        reset_at = int(started_at + WINDOW_SECONDS)
        return passes, _headers(limit, max(0, limit - used - 1), reset_at)

    def exceeded_headers(self, wait_seconds: int | None, *, concurrency: bool) -> dict[str, str]:
        """Headers of a 429. In the concurrency form limit and remaining are both 0 and the reset is a suggestion."""
        reset_at = int(self._clock.now().timestamp()) + (WINDOW_SECONDS if wait_seconds is None else wait_seconds)
        return _headers(0 if concurrency else DEFAULT_PER_MINUTE, 0, reset_at)


def _headers(limit: int, remaining: int, reset_at: int) -> dict[str, str]:
    return {
        "X-Rate-Limit-Limit": str(limit),
        "X-Rate-Limit-Remaining": str(remaining),
        "X-Rate-Limit-Reset": str(reset_at),
    }
