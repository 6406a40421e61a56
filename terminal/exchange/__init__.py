"""The storey that talks: REST and stream clients, and the one place that translates.

May import: wire, domain.
"""
