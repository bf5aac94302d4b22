"""Figures of trained models: group maps, and t-SNE of a network's outputs."""
