"""Whole screens and the boxes that open over them."""
