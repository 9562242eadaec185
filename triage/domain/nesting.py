"""How deep an object may nest its sequences, at the door and in the decoder alike."""

MOST_NESTED = 32
"""Sequences within one another; reports, the deepest objects of the standard, have some ten.

Python's own limit lies at some 250 of them, and what lies below it depends on who calls.
"""
