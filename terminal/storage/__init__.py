"""The disk: where things live and how settings are kept.

May import: domain.
"""
