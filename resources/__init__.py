"""What is neither code nor test: the demo chain, fonts and icons, read with `importlib.resources`."""
