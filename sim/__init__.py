"""What will this road change do to the drop-off jam, and does it keep its promise?"""

__version__ = "0.1.0"
