"""Tiled datasets: manifest, splits, tiles and windows to read, checks."""
