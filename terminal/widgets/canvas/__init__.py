"""Painters: values to pixels, with everything prepared before the paint event."""
