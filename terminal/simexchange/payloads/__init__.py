"""Dictionaries in the exchange's shapes, built by hand from the reference. No behavior.

May import: the objects it writes down.
"""
