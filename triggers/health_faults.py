"""An error of a vendor's system as a failed check."""

from clients.errors import ClientError, Throttled, Unavailable
from lifecycle.health import Check, failed

NO_ANSWER = (
    "Check the address in the settings, the network and the vendor's status; what passes by itself needs nothing."
)


def fault(name: str, error: ClientError) -> Check:
    """Runs try again by themselves, and say so; whoever asks for the health wants to know what to look at."""
    if isinstance(error, Throttled):
        return failed(name, error.found, "Ask again in a minute; if it lasts, see who else uses up the limit.")
    cure = NO_ANSWER if type(error) is Unavailable and error.code != "no_token" else error.cure
    return failed(name, error.found, cure)
