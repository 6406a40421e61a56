"""What is listed and how it trades: contracts, books, the crowd, candles, derived series.

May import: the standard library. Knows nothing of users, requests or sockets.
"""
