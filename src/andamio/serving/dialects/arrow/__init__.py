"""Arrow's stream format (IPC), read and written here, byte by byte within bounds.

The libraries that read it in C or Rust end the whole process at a stream with one wrong byte, and a
scoring process may not die of a request; and they unpack whatever a compressed buffer promises. The part
of the format that rows of a contract need is small: flat columns of numbers, truth values, texts (also
as a dictionary) and moments. ``flat`` reads the tables of flatbuffers, ``schema`` the columns' types,
``columns`` their buffers, ``reading`` the stream; ``writing`` writes an answer.

Source: https://arrow.apache.org/docs/format/Columnar.html (format version 1.5).
"""

from andamio.serving.dialects.arrow.reading import read_arrow
from andamio.serving.dialects.arrow.writing import write_arrow

ARROW = b"application/vnd.apache.arrow.stream"

__all__ = ["ARROW", "read_arrow", "write_arrow"]
