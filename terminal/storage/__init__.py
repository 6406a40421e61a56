"""The disk and the key ring: where things live, settings, profiles, secrets.

May import: domain.
"""
