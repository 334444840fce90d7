"""The recorded histories: a tape of every play of every flow, replayed in today's code.

Instances sleep for weeks and wake in new code; docs/decisions/0005-changing-a-flow.md has the rules.
"""
