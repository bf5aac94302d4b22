"""Checkpoints of the public adaptation codes as checkpoints and configs of mmda."""
