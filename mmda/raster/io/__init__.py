"""Opening rasters: headers, grids, resampling and reading."""
