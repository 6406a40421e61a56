"""``tern doctor``: whether this machine, this program and an account are fit to trade.

Reads and pings only. Runs without Qt: what needs Qt is tried in a child process.
"""
