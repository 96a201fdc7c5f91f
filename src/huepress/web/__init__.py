"""The local page (extra `web`): a Starlette application that presses pictures for a browser on the same machine."""
