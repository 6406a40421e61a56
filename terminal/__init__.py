"""Tern, a desktop trading terminal for KuCoin Futures (unofficial)."""

__version__ = "0.1.0"
