"""netwatch says whether the network works, how well, and who is at fault when it does not."""

__version__ = "0.1.0"
