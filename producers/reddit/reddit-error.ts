/** Reddit answered, but not with what was asked for: the run ends as aborted (law 5). */
export class RedditError extends Error {
  override readonly name = 'RedditError';
}
