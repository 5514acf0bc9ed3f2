"""libmagic, the same everywhere: pylibmagic's must be in place before python-magic looks for the system's.

In the other order the system's library meets pylibmagic's database, of another version, and refuses it.
"""

# isort: off
import pylibmagic
import magic

__all__ = ["magic", "pylibmagic"]
