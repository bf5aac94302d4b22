"""Small helpers shared by all of mmda."""

from mmda.utils.files import atomic_path, atomic_write_text, ensure_free_space

__all__ = ["atomic_path", "atomic_write_text", "ensure_free_space"]
