"""Which addresses a secret may be sent to: HTTPS, or a stand-in on this very machine."""

from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def checked_base_url(setting: str, url: str) -> str:
    """The address without a slash at its end. Raises ValueError naming the setting."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{setting} has to be an address such as https://example.com, not {url!r}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError(f"{setting} has to begin with https:// (http:// is for this machine only), not {url!r}")
    return url.strip().rstrip("/")
