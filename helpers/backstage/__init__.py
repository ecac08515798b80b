"""What happens behind the course: fetching files, joining tables, shards, copies and marks. Nobody need read it."""
