"""ExampleGen: a source of images becomes sharded, split examples."""
