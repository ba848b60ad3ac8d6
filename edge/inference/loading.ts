/** Loads once, and tries again after a failure: a bundle or a runtime that is not there now may be there for the next request. */

/** The model could not be loaded, because of `cause`. No text has a part in that. */
export class LoadError extends Error {
  override readonly name = 'LoadError';

  constructor(cause: unknown) {
    super(`the model could not be loaded: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Calls `load` once and keeps what it gives. When it fails, which is a `LoadError`, the next call tries again. */
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
