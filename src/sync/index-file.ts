import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, type Stats } from 'node:fs';
import { appendFile, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { replaceFile } from '../disk/replace-file.js';
import { forEachConcurrent } from '../model/concurrency.js';
import { md5Of } from '../model/digest.js';
import { journalPath, MAX_INDEX_BYTES } from '../model/digest-index.js';
import { messageOf } from '../model/errors.js';
import { groupCommit } from '../model/group-commit.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import { type ObjectStore, type PutRequest, StoreError } from '../store/object-store.js';
import type { IndexStorage } from './ports.js';

/** Objects of a journal that are read at a time. */
const JOURNAL_REQUESTS = 16;

const NEWLINE = 0x0a;

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
  const clear = async (): Promise<void> => {
    try {
      await rm(journal, { force: true });
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
    isOwn,
    async load() {
      try {
        return await readRegular(path);
      } catch (error) {
        unread = error;
        throw error;
      }
    },
    async save(pieces) {
      if (unread !== undefined && !isOwn) throw notReplaced(unread);
      await replaceFile(path, pieces);
      await clear();
    },
    journal: {
      ofEndedRuns: false,
      load: async () => (await readRegular(journal)) ?? Buffer.alloc(0),
      append: groupCommit(async (lines) => {
        const wasWhole = isWhole;
        isWhole = false;
        await appendLines(journal, lines, wasWhole);
        isWhole = true;
      }),
      clear,
    },
  };
}

/** What a full disk or a killed run left of a line would take the next one along. */
async function appendLines(path: string, lines: string, isWhole: boolean): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const last = isWhole ? undefined : (await readRegular(path))?.at(-1);
  await appendFile(path, last === undefined || last === NEWLINE ? lines : `\n${lines}`);
}

/** What lies where a user said that the index does may be anything, as long as it could not be read. */
function notReplaced(unread: unknown): Error {
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
  if (!stats.isFile()) throw new Error('it is not a regular file');
  if (stats.size > MAX_INDEX_BYTES) throw new Error(`it has ${stats.size} bytes, over ${MAX_INDEX_BYTES}`);
  return readFile(path);
}

/** Where an index lies as an object. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly key: ObjectKey;
}

/**
 * The index as an object. Believed alone only when it lies in the destination's own bucket: who can forge it
 * there can forge the objects. Its journal is a few objects beside it, one for each batch of lines.
 */
export function objectIndexStorage(
  store: ObjectStore,
  { bucket, key }: ObjectPlace,
  inDestination: boolean,
): IndexStorage {
  const directory = `${key}.journal/` as Prefix;
  const run = randomBytes(6).toString('hex');
  const journalKeys = new Set<ObjectKey>();
  let batches = 0;
  let unread: unknown;
  const put = async (
    at: ObjectKey,
    body: Buffer,
    signal: AbortSignal,
    when: Pick<PutRequest, 'condition'> = {},
  ): Promise<void> => {
    const headers = { contentType: 'text/plain; charset=utf-8', metadata: {} };
    await store.put({ key: at, body, md5: md5Of(body), headers, ...when }, signal);
  };
  /** Who may write the bucket and not read it has a first index there all the same. */
  const putUnread = async (body: Buffer, signal: AbortSignal): Promise<void> => {
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
      for (const answer of answers) {
        // What another run dropped is gone all the same.
        if (answer.deleted || answer.error.kind !== 'denied') continue;
        throw answer.error;
      }
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
    isOwn: false,
    async load(signal) {
      try {
        return (await store.read(key, MAX_INDEX_BYTES, signal))?.bytes;
      } catch (error) {
        unread = error;
        throw error;
      }
    },
    async save(pieces, signal) {
      const body = Buffer.concat([...pieces]);
      await (unread === undefined ? put(key, body, signal) : putUnread(body, signal));
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
        const at = `${directory}${run}-${++batches}` as ObjectKey;
        journalKeys.add(at);
        await put(at, Buffer.from(lines), signal);
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
