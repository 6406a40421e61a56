"""What is drawn: widgets that paint values and forward gestures.

May import: viewmodels, domain.
"""
