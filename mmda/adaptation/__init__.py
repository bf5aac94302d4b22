"""Adapting a trained model to a target without training it on labels again."""
