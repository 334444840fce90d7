"""The session of the pages: a signed cookie of limited life, and the token that every form carries. No I/O, no clock.

Nothing is kept on the server. Whoever changes SESSION_SECRET ends every session.
"""

import base64
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

LIFE = timedelta(hours=8)  # a day's work
LONGEST_COOKIE = 4096  # bytes: no browser keeps more


@dataclass(frozen=True, slots=True)
class Session:
    """Who has opened the pages, until when; `nonce` makes every session another one."""

    who: str
    until: datetime
    nonce: str


def begin(who: str, now: datetime) -> Session:
    return Session(who, now + LIFE, secrets.token_urlsafe(16))


def to_cookie(session: Session, secret: str) -> str:
    """The cookie's value: what it says, and the signature of that."""
    said = json.dumps([session.who, int(session.until.timestamp()), session.nonce])
    body = base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")
    return f"{body}.{_signature('session', body, secret)}"


def from_cookie(cookie: str, secret: str, now: datetime) -> Session | None:
    """The session of a cookie; None unless it was signed here and is not over."""
    body, _, signature = cookie.partition(".")
    if len(cookie) > LONGEST_COOKIE or not _is_same(signature, _signature("session", body, secret)):
        return None
    who, until, nonce = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    session = Session(who, datetime.fromtimestamp(until, UTC), nonce)
    return session if now < session.until else None


def form_token(session: Session, secret: str) -> str:
    """What a form has to carry that was made for this session."""
    return _signature("form", session.nonce, secret)


def is_form_token(given: str, session: Session, secret: str) -> bool:
    return _is_same(given, form_token(session, secret))


def sign_notice(text: str, session: Session, secret: str) -> str:
    """What the next page says, as a cookie of its own."""
    body = base64.urlsafe_b64encode(text.encode(errors="replace")).decode().rstrip("=")
    return f"{body}.{_signature('notice', session.nonce + body, secret)}"


def read_notice(cookie: str, session: Session, secret: str) -> str | None:
    body, _, signature = cookie.partition(".")
    if not _is_same(signature, _signature("notice", session.nonce + body, secret)):
        return None
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()


def _signature(purpose: str, text: str, secret: str) -> str:
    """By purpose, so that what is signed for one is worth nothing for another."""
    signed = hmac.new(secret.encode(), f"{purpose}:{text}".encode(errors="surrogatepass"), sha256).digest()
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def _is_same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogatepass"), expected.encode())
