"""HTTP: does a server answer as it should, and where does the time go until it has."""
