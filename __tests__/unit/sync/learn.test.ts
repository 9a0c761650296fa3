import { expect, test } from '@jest/globals';
import { EMPTY_INDEX, emptyIndex, formatIndex } from '../../../src/model/digest-index.js';
import { StoreError } from '../../../src/store/object-store.js';
import { loadIndex } from '../../../src/sync/learn.js';
import type { IndexStorage } from '../../../src/sync/ports.js';
import { memoryIndex } from '../../support/engine.js';

const { signal } = new AbortController();

const OF_ANOTHER = Buffer.from(
  [...formatIndex({ ...emptyIndex(Buffer.alloc(0)), destination: 's3://other/' })].join(''),
);

interface Loaded {
  readonly isKnown: boolean;
  readonly notices: readonly string[];
}

async function load(changes: Partial<IndexStorage>): Promise<Loaded> {
  const notices: string[] = [];
  const { index } = await loadIndex(
    { ...memoryIndex(), ...changes },
    (event) => {
      if (event.type === 'message' && event.level === 'notice') notices.push(event.message);
    },
    signal,
  );
  return { isKnown: index !== undefined, notices };
}

const loads = (bytes: Buffer): Partial<IndexStorage> => ({ load: async () => bytes });
const rejects = (error: Error): Partial<IndexStorage> => ({ load: () => Promise.reject(error) });
const denied = new StoreError('denied', 'AccessDenied', 403, 'GetObject', 'as told');

test.each<readonly [string, Partial<IndexStorage>, boolean, readonly (string | RegExp)[]]>([
  ['none yet', {}, false, []],
  ['a whole one', loads(EMPTY_INDEX), true, []],
  [
    'one that cannot be read',
    rejects(new Error('it is not a regular file')),
    false,
    ['the index of earlier runs is ignored: it is not a regular file'],
  ],
  [
    'one that may not be read',
    rejects(denied),
    false,
    [
      /^the index of earlier runs is ignored: GetObject was denied \(AccessDenied: as told\): allow s3:GetObject /,
    ],
  ],
  ['something else', loads(Buffer.from('GIF89a')), false, [/^the index of earlier runs is ignored: /]],
  [
    'one with lines that are damaged',
    loads(Buffer.concat([EMPTY_INDEX, Buffer.from('00000000 {"key":"p/a"}\nnonsense\n')])),
    true,
    ['the index of earlier runs is damaged: 2 lines are ignored'],
  ],
  [
    'one of another destination',
    { ...loads(OF_ANOTHER), destination: 's3://b/p/' },
    true,
    [/^the index of earlier runs is of s3:\/\/other\/: .*give each destination an index of its own$/],
  ],
  [
    'one whose journal cannot be read',
    {
      ...loads(EMPTY_INDEX),
      journal: { ...memoryIndex().journal, load: () => Promise.reject(new Error('EIO: as told')) },
    },
    true,
    [
      'the journal of earlier runs is not read (EIO: as told): what one left behind is left to a lifecycle rule',
    ],
  ],
])('an index costs time, never the run: %s', async (_, storage, isKnown, told) => {
  const loaded = await load(storage);
  expect(loaded).toEqual({
    isKnown,
    notices: told.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))),
  });
  for (const line of loaded.notices) expect(line).toMatch(/^[^\n]+$/);
});

test('a run that is stopped meanwhile ends, rather than go on without an index', async () => {
  const stopped = new AbortController();
  const reason = new Error('stopped');
  const storage = {
    ...memoryIndex(),
    load: async () => {
      stopped.abort(reason);
      throw new Error('as told');
    },
  };
  await expect(loadIndex(storage, () => undefined, stopped.signal)).rejects.toBe(reason);
});
