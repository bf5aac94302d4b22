"""Trained models for programs without mmda: MMSegmentation and ONNX."""
