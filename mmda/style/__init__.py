"""Image-level adaptation: copies of tiled datasets whose images have the look of another domain.

:mod:`mmda.style.translators` has what translates an image, trained or not, and
:mod:`mmda.style.translate` writes the copy.
"""
