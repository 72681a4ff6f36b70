"""The ping engine: one owner of few sockets for all targets.

`channel` sends and receives, `ledger` knows every packet in flight and settles each once,
`engine` keeps the beat.
"""
