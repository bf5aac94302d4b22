"""Runs of the Runner, made quick."""

from engine_runs import plain_config_text

__all__ = ["plain_config_text"]
