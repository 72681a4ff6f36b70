"""Reading the metrics of other programs, and passing on what is wanted of them."""
