"""What is shown, as values and signals. Knows Qt's core and nothing that draws.

May import: session, domain.
"""
