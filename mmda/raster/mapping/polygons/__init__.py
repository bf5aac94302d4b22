"""Polygons of a class mask, traced from the top down in blocks of rows.

A mask is read once. Of each block :mod:`runs` finds the runs of equal class in every row and which
of them touch, and :mod:`corners` the corners of their outlines. :mod:`parts` keeps what belongs to
parts that may go on below and hands out what is complete; :mod:`rings` joins its corners to
polygons. No outline is ever cut by a block, so nothing has to be joined again, and the result does
not depend on the blocks.
"""
