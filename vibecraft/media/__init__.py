"""Media files and nothing else: plain Python over one sandboxed ffmpeg child."""
