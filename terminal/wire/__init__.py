"""The syntax of KuCoin Futures: bytes and text to structs and back, pure.

Nothing here knows what a price means, reads a clock or opens a socket.

May import: nothing of ours.
"""
