"""Time and truth: tasks, reconnection, and domain state that is kept true. No Qt.

May import: exchange, domain.
"""
