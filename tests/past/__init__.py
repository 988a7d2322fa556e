"""What older versions wrote and today's code must read. Files here are never edited, only added."""
