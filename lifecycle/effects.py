"""What became of a change to an account."""

from enum import StrEnum


class Effect(StrEnum):
    DONE = "done"
    ALREADY = "already"  # it was so before
    NOT_OURS = "not ours"  # somebody else disabled the account, so it stays disabled
