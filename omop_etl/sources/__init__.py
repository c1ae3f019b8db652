"""What a hospital hands over: find the files, read them as text, and refuse what identifies a person."""

from omop_etl.sources.discovery import SourceFile, discover
from omop_etl.sources.encoding import Encoding, detect_encoding
from omop_etl.sources.reader import Chunk, FileReader, open_reader

__all__ = ["Chunk", "Encoding", "FileReader", "SourceFile", "detect_encoding", "discover", "open_reader"]
