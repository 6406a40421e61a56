"""The exchange at work: takes orders, moves markets and accounts, tells everybody what happened.

May import: ``market``, ``trading``, ``payloads`` and what is beside them. Knows no requests, no
sockets.
"""
