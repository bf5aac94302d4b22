"""Converters: one module per dataset, all on the tiling engine of :mod:`mmda.raster`."""
