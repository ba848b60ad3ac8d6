/** Loads once, and again after a failure: the next request may succeed. */

/** The model could not be loaded because of `cause`. No request is involved. */
export class LoadError extends Error {
  override readonly name = 'LoadError';

  constructor(cause: unknown) {
    super(`the model could not be loaded: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

export interface Loader<T> {
  /** Loads once and keeps the result. A failure is a `LoadError`, and the next call tries again. */
  (): Promise<T>;
  /** Drops the result if it is this one, so that the next call loads another. @returns whether it did. */
  forget(broken: T): boolean;
}

/** Loads at the first call, and again after a failure. */
export function retrying<T>(load: () => Promise<T>): Loader<T> {
  let loading: Promise<T> | undefined;
  let loaded: T | undefined;
  const get = () => {
    loading ??= load().then(
      (value) => {
        loaded = value;
        return value;
      },
      (error: unknown) => {
        loading = undefined;
        throw error instanceof LoadError ? error : new LoadError(error);
      },
    );
    return loading;
  };
  const forget = (broken: T) => {
    if (loaded !== broken) return false;
    [loading, loaded] = [undefined, undefined];
    return true;
  };
  return Object.assign(get, { forget });
}
