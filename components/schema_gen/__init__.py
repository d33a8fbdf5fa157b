"""SchemaGen: what examples must look like, inferred from the train split."""
