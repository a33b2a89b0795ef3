complete --keep-order --exclusive --command outboxctl --arguments "(OUTBOXCTL_COMPLETE=fish outboxctl -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
