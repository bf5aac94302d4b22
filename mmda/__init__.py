"""mmda: remote-sensing domain adaptation for semantic segmentation, on MMSegmentation."""

__version__ = "0.1.0"
