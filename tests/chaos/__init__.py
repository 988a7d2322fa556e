"""The real processes broken under load, then compared to the last đồng (`make chaos`)."""
