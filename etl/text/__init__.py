"""Text: bytes to characters, characters to stored text, and what can be told of a text by itself.  Pure."""
