import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, type Stats } from 'node:fs';
import { appendFile, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { makeDirectory, type Ours, replaceFile } from '../disk/replace-file.js';
import { forEachConcurrent } from '../model/concurrency.js';
import { md5Of } from '../model/digest.js';
import { beginsAsIndex, journalPath, MAX_INDEX_BYTES, otherLines } from '../model/digest-index.js';
import { messageOf } from '../model/errors.js';
import { groupCommit } from '../model/group-commit.js';
import { type ObjectKey, OWN_DIRECTORY, type Prefix } from '../model/object-key.js';
import {
  isDenied,
  type ObjectStore,
  type PutRequest,
  StoreError,
  unlessRefused,
} from '../store/object-store.js';
import type { IndexStorage } from './ports.js';

/** Objects of a journal that are read at a time. */
const JOURNAL_REQUESTS = 16;

const NEWLINE = 0x0a;

const INDEX: Ours = { what: 'index', begins: beginsAsIndex };

/** What lies there is no index, whatever it is. */
class NoIndexError extends Error {
  override readonly name = 'NoIndexError';
}

/** The journal stays where it is, and every run reads it again; the index itself is up to date. */
export class JournalLeftError extends Error {
  override readonly name = 'JournalLeftError';
}

/**
 * The index in a file of this machine: replaced by a rename, so that a full disk leaves the old one.
 *
 * @param isOwn whether the path is one of ours: then what cannot be read there is replaced too
 */
export function fileIndexStorage(path: string, isOwn = false): IndexStorage {
  const journal = journalPath(path);
  /** What was read of the journal, and what was appended to it: the index says it all. */
  let known: (string | Buffer)[] = [];
  const clear = async (): Promise<void> => {
    try {
      // What another run appended meanwhile stays; what cannot be read does not.
      const left = await readRegular(journal).then(
        (bytes) => (bytes === undefined ? '' : otherLines(`${bytes}`, known.map(String))),
        () => '',
      );
      await (left === '' ? rm(journal, { force: true }) : replaceFile(journal, [left]));
      known = [];
    } catch (error) {
      throw new JournalLeftError(messageOf(error), { cause: error });
    }
  };
  let unread: unknown;
  /** Whether it is known to end with a line. */
  let isWhole = false;
  return {
    trust: { remote: false, local: true, grace: true },
    place: path,
    async load() {
      try {
        const bytes = await readRegular(path);
        if (!isOwn) refuseOthers(bytes);
        return bytes;
      } catch (error) {
        unread = error;
        throw error;
      }
    },
    async save(pieces) {
      if (unread !== undefined && !isOwn) throw notReplaced(unread);
      await replaceFile(path, pieces, isOwn ? undefined : INDEX);
      await clear();
    },
    journal: {
      ofEndedRuns: false,
      async load() {
        const bytes = (await readRegular(journal)) ?? Buffer.alloc(0);
        known.push(bytes);
        return bytes;
      },
      append: groupCommit(async (lines) => {
        if (unread instanceof NoIndexError && !isOwn) throw notReplaced(unread);
        const wasWhole = isWhole;
        isWhole = false;
        known.push(lines);
        await appendLines(journal, lines, wasWhole);
        isWhole = true;
      }),
      clear,
    },
  };
}

/** What a full disk or a killed run left of a line would take the next one along. */
async function appendLines(path: string, lines: string, isWhole: boolean): Promise<void> {
  await makeDirectory(dirname(path));
  const last = isWhole ? undefined : (await readRegular(path))?.at(-1);
  await appendFile(path, last === undefined || last === NEWLINE ? lines : `\n${lines}`);
}

/** Rejects what does not begin as an index of any version: somebody's file, or an index of which nothing is left. */
function refuseOthers(bytes: Buffer | undefined): void {
  if (bytes !== undefined && !beginsAsIndex(bytes)) throw new NoIndexError('it is no index of this tool');
}

/** What lies where a user said that the index does may be anything, as long as it could not be read. */
function notReplaced(unread: unknown): Error {
  if (unread instanceof NoIndexError)
    return new Error(
      `what lies there is not replaced, as ${unread.message}: name another place for index, or delete it`,
    );
  return new Error(
    `what lies there could not be read (${messageOf(unread)}), and nothing is replaced unread`,
  );
}

async function readRegular(path: string): Promise<Buffer | undefined> {
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  // A pipe would never end.
  if (!stats.isFile()) throw new NoIndexError('it is not a regular file');
  if (stats.size > MAX_INDEX_BYTES)
    throw new NoIndexError(`it has ${stats.size} bytes, over ${MAX_INDEX_BYTES}`);
  return readFile(path);
}

/** Where an index lies as an object. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly key: ObjectKey;
}

/**
 * The index as an object. Believed alone only when it lies in the destination's own bucket: who can forge it
 * there can forge the objects. Its journal is a few objects beside it, one for each batch of lines. What lies below
 * `.s3-dedup-sync/` is ours and replaced whatever it is; elsewhere what is no index is somebody's object.
 */
export function objectIndexStorage(
  store: ObjectStore,
  { bucket, key }: ObjectPlace,
  inDestination: boolean,
): IndexStorage {
  const directory = `${key}.journal/` as Prefix;
  const isOwn = key.includes(OWN_DIRECTORY);
  const run = randomBytes(6).toString('hex');
  const journalKeys = new Set<ObjectKey>();
  let batches = 0;
  let unread: unknown;
  /** Whether the bucket's policy takes no write without a condition. */
  let isDemanded = false;
  const put = async (
    at: ObjectKey,
    body: Buffer,
    signal: AbortSignal,
    when: Pick<PutRequest, 'condition'> = {},
  ): Promise<void> => {
    const headers = { contentType: 'text/plain; charset=utf-8', metadata: {} };
    await store.put({ key: at, body, md5: md5Of(body), headers, ...when }, signal);
  };
  /** Whoever is last wins, also where a condition is demanded. */
  const putLast = async (at: ObjectKey, body: Buffer, signal: AbortSignal): Promise<void> => {
    let denied: unknown;
    try {
      if (!isDemanded) return await put(at, body, signal);
    } catch (error) {
      if (!isDenied(error)) throw error;
      denied = error;
    }
    const there = await store.head(at, signal).catch(unlessRefused);
    const condition = there === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: there.etag };
    try {
      await put(at, body, signal, { condition });
    } catch (error) {
      throw isDenied(error) ? (denied ?? error) : error;
    }
    isDemanded = true;
  };
  /** Who may write the bucket and not read it has a first index there all the same. */
  const putUnread = async (body: Buffer, signal: AbortSignal): Promise<void> => {
    if (unread instanceof NoIndexError) throw notReplaced(unread);
    // Some servers heed no condition. Who may not ask goes by it alone.
    const there = await store.head(key, signal).catch(unlessRefused);
    if (there !== undefined) throw notReplaced(unread);
    try {
      await put(key, body, signal, { condition: { ifNoneMatch: '*' } });
    } catch (error) {
      throw error instanceof StoreError && error.kind === 'condition' ? notReplaced(unread) : error;
    }
  };
  const drop = async (signal: AbortSignal): Promise<void> => {
    if (journalKeys.size === 0) return;
    for await (const page of store.list(directory, signal)) {
      // What another run appends meanwhile stays.
      const ours = page.filter((object) => journalKeys.has(object.key));
      const answers = ours.length === 0 ? [] : await store.delete(ours, signal);
      for (const answer of answers) if (!answer.deleted) throw answer.error;
    }
    journalKeys.clear();
  };
  const clear = async (signal: AbortSignal): Promise<void> => {
    try {
      await drop(signal);
    } catch (error) {
      throw new JournalLeftError(messageOf(error), { cause: error });
    }
  };
  return {
    // Elsewhere even a line about a local file would let whoever writes that bucket choose what is copied (C18).
    trust: { remote: inDestination, local: inDestination, grace: inDestination },
    place: `s3://${bucket}/${key}`,
    store,
    async load(signal) {
      try {
        const bytes = (await store.read(key, MAX_INDEX_BYTES, signal))?.bytes;
        if (!isOwn) refuseOthers(bytes);
        return bytes;
      } catch (error) {
        const isTooLarge = error instanceof StoreError && error.code === 'TooLarge';
        unread = isTooLarge ? new NoIndexError(error.message) : error;
        throw unread;
      }
    },
    async save(pieces, signal) {
      const body = Buffer.concat([...pieces]);
      await (unread === undefined || isOwn ? putLast(key, body, signal) : putUnread(body, signal));
      await clear(signal);
    },
    journal: {
      ofEndedRuns: false,
      async load(signal) {
        for await (const page of store.list(directory, signal)) {
          for (const object of page) journalKeys.add(object.key);
        }
        const bodies: Buffer[] = [];
        await forEachConcurrent([...journalKeys], JOURNAL_REQUESTS, async (at) => {
          const body = await store.read(at, MAX_INDEX_BYTES, signal);
          if (body !== undefined) bodies.push(body.bytes);
        });
        return Buffer.concat(bodies);
      },
      append: groupCommit(async (lines, signal) => {
        if (unread instanceof NoIndexError && !isOwn) throw notReplaced(unread);
        const at = `${directory}${run}-${++batches}` as ObjectKey;
        journalKeys.add(at);
        await putLast(at, Buffer.from(lines), signal);
      }),
      clear,
    },
  };
}

/** Names this machine without telling anyone its name: stat lines are believed on it alone. */
export function machineId(): string {
  let id = '';
  try {
    id = readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    // Systems without it are told apart by their host name.
  }
  return createHash('sha256').update(`${id}\n${hostname()}\n`).digest('hex').slice(0, 32);
}
