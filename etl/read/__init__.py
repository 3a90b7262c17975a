"""Read: the bytes of a file to raw documents, whatever the format.  Pure."""
