/** Loads once, and again after a failure: the next request may succeed. */

/** The model could not be loaded because of `cause`. No request is involved. */
export class LoadError extends Error {
  override readonly name = 'LoadError';

  constructor(cause: unknown) {
    super(`the model could not be loaded: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Calls `load` once and keeps its result. After a failure, a `LoadError`, the next call tries again. */
export function retrying<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error instanceof LoadError ? error : new LoadError(error);
    });
    return loading;
  };
}
