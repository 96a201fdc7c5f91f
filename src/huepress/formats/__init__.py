"""Files taken apart and put together: PNG, APNG, GIF and WebP at the level of chunks and blocks."""
