"""Mapping whole rasters: prediction, masks and polygons."""
