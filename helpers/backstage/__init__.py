"""What happens behind the course: fetching files, joining tables, shards, copies, marks.

Nobody need read it.
"""
