/**
 * Seed of the random tests: the same each time by default, so that what a change breaks is the change's. `S3DS_SEED`
 * repeats a run, or with `random` tries what was not tried before, as the nightly run does.
 */
export const SEED = seedOf(process.env.S3DS_SEED ?? '1');

function seedOf(text: string): number {
  if (text === 'random') return Date.now() & 0x7fffffff;
  const seed = Number(text);
  if (!Number.isSafeInteger(seed))
    throw new Error(`S3DS_SEED ${JSON.stringify(text)}: a whole number or random`);
  return seed;
}
