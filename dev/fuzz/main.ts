/**
 * Coverage-guided fuzzing of what reads bytes that others wrote:
 *
 *     npm run fuzz -- [SECONDS [TARGET...]]
 *
 * An input under which V8 runs a block that none ran before is kept, and changed further. Jazzer.js would be faster, but
 * its binary wants a newer C library than the systems that we support have (glibc 2.38), and a parser here is small.
 * A finding is written to .cache/fuzz and ends with status 1; as a file of __tests__/fuzz/corpus/TARGET it is then tried
 * by `npm test`.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomNumbers } from '../../__tests__/support/random.js';
import { md5Of } from '../../src/model/digest.js';
import { mutant, shrink } from './mutate.js';
import { type FuzzTarget, TARGETS } from './targets.js';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** Asking what was covered costs as much as many cases. */
const BATCH = 64;

const SLOWEST_MS = 2_000;

const [seconds = '60', ...names] = process.argv.slice(2);
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
for (const target of TARGETS) if (names.length === 0 || names.includes(target.name)) await fuzz(target);
process.exit();

async function fuzz(target: FuzzTarget): Promise<void> {
  const covered = new Set<string>();
  const known: Buffer[] = target.seeds.map((seed) => Buffer.from(seed));
  for (const seed of [...known, ...kept(target.name)]) await run(target, seed);
  await addNew(covered);
  const began = covered.size;
  const random = randomNumbers(Date.now());
  const end = performance.now() + Number(seconds) * 1000;
  let cases = 0;
  while (performance.now() < end) {
    const batch = Array.from({ length: BATCH }, () => mutant(known, random));
    for (const bytes of batch) await run(target, bytes);
    cases += BATCH;
    if ((await addNew(new Set(covered))) === 0) continue;
    for (const bytes of batch) {
      await run(target, bytes);
      if ((await addNew(covered)) > 0) known.push(bytes);
    }
  }
  const blocks = `${began} to ${covered.size} blocks`;
  console.log(`${target.name.padEnd(15)} ${cases} cases, ${blocks}, ${known.length} inputs kept`);
}

/** Blocks that were run since it was last asked, and not before. */
async function addNew(covered: Set<string>): Promise<number> {
  const before = covered.size;
  const { result } = await session.post('Profiler.takePreciseCoverage');
  for (const { scriptId, url, functions } of result) {
    if (!url.includes('/build/src/') && !url.includes('/node_modules/ignore/')) continue;
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges)
        if (count > 0) covered.add(`${scriptId}:${startOffset}:${endOffset}`);
    }
  }
  return covered.size - before;
}

function kept(name: string): readonly Buffer[] {
  const corpus = join(repository, '__tests__/fuzz/corpus', name);
  try {
    return readdirSync(corpus).map((file) => readFileSync(join(corpus, file)));
  } catch {
    // Nothing was ever found there.
    return [];
  }
}

async function finding({ run: read }: FuzzTarget, bytes: Buffer): Promise<string | undefined> {
  const began = process.cpuUsage();
  try {
    await read(bytes);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { user, system } = process.cpuUsage(began);
  const took = (user + system) / 1000;
  return took > SLOWEST_MS ? `it took ${Math.round(took)} ms` : undefined;
}

async function run(target: FuzzTarget, bytes: Buffer): Promise<void> {
  const found = await finding(target, bytes);
  if (found === undefined) return;
  const least = await shrink(bytes, async (less) => (await finding(target, less)) !== undefined);
  const directory = join(repository, '.cache/fuzz', target.name);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, md5Of(least).slice(0, 12));
  writeFileSync(path, least);
  console.error(
    `${target.name}: ${await finding(target, least)}\n${JSON.stringify(least.toString('latin1'))}\n${path}`,
  );
  process.exit(1);
}
