"""The demo: two toy cities in, an adapted building map out."""
