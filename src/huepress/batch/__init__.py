"""Many pictures: trees of files in, a tree of results out, a few pictures at a time.

All names are checked before anything is written. Nothing is held of the whole tree: it is walked twice, once to check
and to add up, once to work. Pictures of usual size take one of the processors each; a large one takes as many as its
share of the memory is, so that threads inside and between files are never more than there are processors.
"""
