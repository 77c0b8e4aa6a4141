@rem npm scripts say `exec node ...`: a POSIX shell then hands over to node, so that signals reach it.
@rem On Windows npm runs this file instead, which just runs the command.
@%*
