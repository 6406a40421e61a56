"""An exchange in a box that speaks the wire of KuCoin Futures on loopback.

May import: nothing of ours. It is a second, independent reading of the exchange's documents.
"""
