"""What people read, by where they read it: a terminal or a log, Markdown. Whatever comes from elsewhere is text there, and does nothing."""
