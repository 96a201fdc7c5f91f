"""The report on a picture: one page; and what it is made of, which the local page takes too."""
