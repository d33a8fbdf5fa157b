"""From labelled source domains to another target domain."""
