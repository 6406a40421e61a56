"""What users have and ask for: orders, fills, positions, wallets, transfers. State and arithmetic.

May import: ``market`` and the modules beside it.
"""
