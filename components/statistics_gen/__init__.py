"""StatisticsGen: what the examples look like, in numbers."""
