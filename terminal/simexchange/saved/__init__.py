"""The state of the exchange in a file: what it is made of, how it is written and how it comes back.

Knows the other rooms by the shapes of their objects only, and nothing of requests or sockets.

May import: the modules beside ``server``, and those of this room.
"""
