/** Runs two things side by side; when one fails the other is stopped, and the first failure is the one told. */
export async function bothOrFirstFailure<A, B>(
  signal: AbortSignal,
  a: (signal: AbortSignal) => Promise<A>,
  b: (signal: AbortSignal) => Promise<B>,
): Promise<[A, B]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let first: { readonly error: unknown } | undefined;
  const guard = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> => {
    try {
      return await work(either);
    } catch (error) {
      first ??= { error };
      stop.abort(error);
      return undefined;
    }
  };
  const results = await Promise.all([guard(a), guard(b)]);
  if (first !== undefined) throw first.error;
  return results as [A, B];
}
