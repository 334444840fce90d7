"""Recorded histories of every flow, replayed against today's code: instances sleep for weeks and wake in new code."""
