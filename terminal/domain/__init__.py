"""Meaning: units, books, orders, positions. No I/O, no clock, no floats for money.

May import: nothing of ours.
"""
