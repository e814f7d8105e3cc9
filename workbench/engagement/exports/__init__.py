"""Survey exports of five vendors, read into rows of the ``survey`` table.

`grid` reads a file as text, `recognise` tells the vendor by the header, one module a vendor says what its columns are,
`matching` and `mapping` bring them to items, `answers` makes rows of them, `importing` writes them.
"""
