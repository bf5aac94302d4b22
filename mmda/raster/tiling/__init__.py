"""Cutting scenes into tiled datasets."""
