"""What happens behind the scenes: fetching files, joining tables, shards, copies, marks.

Nobody need read it.
"""
