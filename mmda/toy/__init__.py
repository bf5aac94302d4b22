"""Toy cities: a seeded generator of two aerial-image domains with a known shift between them."""
