"""The syntax of KuCoin Futures: bytes and text to structs and back, pure.

Nothing here knows what a price means, reads a clock or opens a socket.

"API reference n.m" in docstrings is the chapter of the KuCoin Futures API manual as we keep it; the
public one is at kucoin.com/docs-new.

May import: nothing of ours.
"""
