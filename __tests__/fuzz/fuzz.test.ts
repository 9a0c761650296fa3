import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { mutant, shrink } from '../../dev/fuzz/mutate.js';
import { type FuzzTarget, TARGETS } from '../../dev/fuzz/targets.js';
import { randomNumbers } from '../support/random.js';
import { SEED } from '../support/seed.js';

/** Cases a target; the full run: `S3DS_FUZZ=1000000`. */
const CASES = Number(process.env.S3DS_FUZZ ?? '2000');

/** What is not linear takes this long at the lengths that are tried. Milliseconds of this process: others may be busy. */
const SLOWEST_MS = 3_000;

const corpus = join(dirname(fileURLToPath(import.meta.url)), 'corpus');

/** Cases that were findings once. */
function kept(name: string): readonly Buffer[] {
  const directory = join(corpus, name);
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map((file) => readFileSync(join(directory, file)));
}

async function finding({ run }: FuzzTarget, bytes: Buffer): Promise<string | undefined> {
  const began = process.cpuUsage();
  try {
    await run(bytes);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { user, system } = process.cpuUsage(began);
  const took = (user + system) / 1000;
  return took > SLOWEST_MS ? `it took ${Math.round(took)} ms` : undefined;
}

describe('whatever the bytes are, they are read or refused, in time', () => {
  test.each(TARGETS)(
    '$name',
    async (target) => {
      const known = [...target.seeds.map((seed) => Buffer.from(seed)), ...kept(target.name)];
      const random = randomNumbers(SEED);
      for (let i = -known.length; i < CASES; i++) {
        const bytes = known[i + known.length] ?? mutant(known, random);
        if ((await finding(target, bytes)) === undefined) continue;
        const least = await shrink(bytes, async (less) => (await finding(target, less)) !== undefined);
        const found = await finding(target, least);
        // Kept as a file of `corpus`, it is tried from then on.
        expect({ found, base64: least.toString('base64'), text: least.toString('latin1') }).toBeUndefined();
      }
    },
    24 * 3_600_000,
  );
});
