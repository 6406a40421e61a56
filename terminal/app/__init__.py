"""The composition root: the only place where the storeys meet.

May import: every storey.
"""
