"""The two kinds of socket: the feed with its topics, and the order socket.

May import: everything below, and aiohttp.
"""
