/** The command can't begin: a mistake on the command line, or a stack that has no replays. The message says which. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Google Cloud does not let the command do its work, and will not a moment later either. */
export class ReplayError extends Error {
  override readonly name = "ReplayError";
}
