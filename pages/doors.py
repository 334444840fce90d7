"""The pages for whoever is not let in, and for what went wrong."""

from pages.frame import BASE, Frame, render

HOW_TO_ENTER = (
    f"Open {BASE}?code=… with a function key of this app: it is exchanged for a session of eight hours, and the key"
    " disappears from the address.",
    f"Where App Service authentication is switched on, sign in with Microsoft Entra and open {BASE}/overview.",
)


def closed(frame: Frame) -> str:
    """The door, for somebody without a session."""
    return message(frame, "You are not signed in", *HOW_TO_ENTER)


def no_pages(frame: Frame) -> str:
    return message(
        frame,
        "There are no pages here",
        "SESSION_SECRET is empty. Set it to at least 32 random characters, and the pages open.",
    )


def message(frame: Frame, title: str, *lines: str) -> str:
    return render("message.html", frame, title=title, lines=lines)
