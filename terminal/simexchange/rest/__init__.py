"""REST: the gateway that checks and counts, the table of calls, one module per group of calls.

May import: everything below; only ``http_server`` knows aiohttp.
"""
