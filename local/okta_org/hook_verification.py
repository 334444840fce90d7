"""The one-time verification of an event hook: https://developer.okta.com/docs/concepts/event-hooks/"""

import json
from secrets import token_urlsafe

import aiohttp

from local.okta_org.deliveries import ATTEMPTS
from local.okta_org.model import EventHook

CHALLENGE_HEADER = "x-okta-verification-challenge"


async def verify(hook: EventHook, timeout_seconds: float) -> str | None:
    """Send the challenge, at most twice. Answers what is wrong, or None."""
    problem: str | None = None
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout_seconds)) as session:
        for _ in range(ATTEMPTS):
            problem = await _challenge(session, hook)
            if problem is None:
                break
    return problem


async def _challenge(session: aiohttp.ClientSession, hook: EventHook) -> str | None:
    challenge = token_urlsafe(32)
    headers = {"Accept": "application/json", CHALLENGE_HEADER: challenge, **hook.request_headers}
    try:
        async with session.get(hook.channel.config.uri, headers=headers, allow_redirects=False) as response:
            answer = json.loads(await response.read() or b"null")
            if response.status != 200:
                return f"HTTP status {response.status}"
    except TimeoutError:
        return "the endpoint did not answer in time"
    except aiohttp.ClientError as error:
        return f"connection failed: {error}"
    except ValueError:
        return "the answer is not JSON"
    echoed = answer.get("verification") if isinstance(answer, dict) else None
    return None if echoed == challenge else "the answer does not hold the challenge"
