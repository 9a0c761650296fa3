import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type Changes, publish } from '../__tests__/support/engine.js';
import { randomNumbers } from '../__tests__/support/random.js';
import {
  type EmbeddedTestServer,
  embedded,
  realServers,
  type TestServer,
} from '../__tests__/support/servers.js';
import { removeTree, temporaryDirectory } from '../__tests__/support/tree.js';
import { forEachConcurrent } from '../src/model/concurrency.js';
import { md5Of } from '../src/model/digest.js';
import { fileIndexStorage } from '../src/sync/index-file.js';

export interface SoakSettings {
  readonly runs: number;
  /** Ends earlier. */
  readonly minutes: number;
  readonly objects: number;
  /** Of the files, changed before each run. */
  readonly changed: number;
  /** Of the requests that fail. The embedded server alone. */
  readonly faults: number;
  readonly server: 'embedded' | 'seaweedfs' | 'versitygw' | 'minio';
  /** Somebody else writes to the same prefix all the time. */
  readonly secondWriter: boolean;
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** A long run says something at least this often. Milliseconds. */
const SILENCE_MS = 60_000;

export interface Sample {
  /** After a collection. Bytes. */
  readonly heap: number;
  readonly rss: number;
  /** Open files and sockets of the process. */
  readonly files: number;
}

export interface Soaked {
  readonly runs: number;
  /** How often the runs ended with each status. */
  readonly exits: Readonly<Record<number, number>>;
  readonly samples: readonly Sample[];
}

/**
 * Publishes a tree that changes all the time, again and again in one process, through faults and beside another writer.
 * Rejects where a run ends in a way that none may, or where in the end the bucket is not the tree.
 */
export async function soak(settings: SoakSettings): Promise<Soaked> {
  const { runs, minutes, objects, changed, faults, secondWriter, seed, say } = settings;
  const random = randomNumbers(seed);
  const { server, own } = await start(settings);
  const root = await temporaryDirectory();
  const place = await temporaryDirectory();
  try {
    const bucket = await server.bucket();
    const tree = await ChangingTree.make(root, objects, random);
    if (own !== undefined) await tree.putInto(own, bucket);
    const exits: Record<number, number> = {};
    const samples: Sample[] = [];
    const end = performance.now() + minutes * 60_000;
    const options = (run: number): Changes => ({
      index: fileIndexStorage(join(place, 'index')),
      delayUpdates: run % 3 === 0 ? 'best-effort' : false,
      deletes: { deleteAfter: true, maxDelete: { kind: 'none' } },
      connection: { maxAttempts: 3, readTimeoutMs: 20_000 },
    });
    const rules = own?.server.faults;
    if (faults > 0 && own !== undefined) addFaults(own, faults);
    const writer = secondWriter ? new SecondWriter(server, bucket, tree, randomNumbers(seed + 1)) : undefined;
    let said = performance.now();
    let done = 0;
    for (; done < runs && performance.now() < end; done++) {
      await tree.change(Math.ceil(objects * changed));
      const { exit, report } = await publish(server, bucket, root, options(done));
      exits[exit] = (exits[exit] ?? 0) + 1;
      // Failed steps, or another writer; never a mistake of ours.
      if (![0, 1, 5].includes(exit) || report.error?.code === 'internal')
        throw new Error(`run ${done} ended with ${exit}: ${report.error?.message}`);
      own?.server.log.clear();
      samples.push(await sample());
      if (done % Math.ceil(runs / 20) === 0 || performance.now() > said + SILENCE_MS) {
        say(`run ${done}: ${lineOf(samples.at(-1))}, exits ${JSON.stringify(exits)}`);
        said = performance.now();
      }
    }
    await writer?.stop();
    rules?.clear();
    // What was left undone is done, and then there is nothing to do.
    for (const expected of ['anything', 'nothing']) {
      const { exit, report } = await publish(server, bucket, root, options(1));
      if (exit !== 0) throw new Error(`the last run ended with ${exit}: ${report.error?.message}`);
      if (expected === 'nothing' && report.steps.length > 0)
        throw new Error(`the second run without a change did ${JSON.stringify(report.steps.slice(0, 3))}`);
    }
    const differs =
      own === undefined ? await checked(server, bucket, root) : await tree.differsFrom(own, bucket);
    if (differs !== undefined) throw new Error(`the bucket is not the tree: ${differs}`);
    return { runs: done, exits, samples };
  } finally {
    await server.stop();
    await removeTree(root);
    await removeTree(place);
  }
}

/** What `check --read` says to differ first. */
async function checked(server: TestServer, bucket: string, root: string): Promise<string | undefined> {
  const changes: Changes = { command: 'check', read: true, dryRun: true, deletes: { deleteAfter: true } };
  const { exit, report } = await publish(server, bucket, root, changes);
  return exit === 0 ? undefined : JSON.stringify(report.steps[0] ?? report.error);
}

/** Whether memory and open files grew from the second quarter to the last; says how. */
export function growth(samples: readonly Sample[]): string | undefined {
  const quarter = Math.floor(samples.length / 4);
  const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
  const middle = (of: readonly Sample[], value: (one: Sample) => number): number =>
    of.map(value).sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0;
  const heap = middle(late, (one) => one.heap) - middle(early, (one) => one.heap);
  const files = middle(late, (one) => one.files) - middle(early, (one) => one.files);
  // Code gets compiled and caches get full: a leak grows with the runs.
  if (heap > Math.max(8e6, 0.1 * middle(early, (one) => one.heap))) return `the heap grew by ${heap} bytes`;
  return files > 8 ? `${files} more files are open` : undefined;
}

export function lineOf(sample: Sample | undefined): string {
  const mb = (bytes = 0): string => `${Math.round(bytes / 1e6)} MB`;
  return `heap ${mb(sample?.heap)}, resident ${mb(sample?.rss)}, ${sample?.files} files open`;
}

async function start({
  server: name,
}: SoakSettings): Promise<{ readonly server: TestServer; readonly own: EmbeddedTestServer | undefined }> {
  if (name === 'embedded') {
    const own = await embedded();
    return { server: own, own };
  }
  const real = realServers.find((one) => one.name === name);
  if (real?.absent !== undefined) throw new Error(real.absent);
  if (real === undefined) throw new Error(`no server ${name}`);
  return { server: await real.start(), own: undefined };
}

function addFaults({ server: { faults } }: EmbeddedTestServer, probability: number): void {
  const each = probability / 4;
  faults.add({ probability: each, fault: { kind: 'error', code: 'InternalError' } });
  faults.add({ probability: each, fault: { kind: 'error', code: 'SlowDown' } });
  faults.add({ probability: each, fault: { kind: 'reset', after: true } });
  faults.add({ probability: each, fault: { kind: 'truncate' } });
}

/** Files that are written anew, moved, copied, deleted and added. */
class ChangingTree {
  readonly #root: string;
  readonly #random: () => number;
  readonly #names: string[] = [];
  readonly #objects: number;
  #made = 0;

  private constructor(root: string, objects: number, random: () => number) {
    this.#root = root;
    this.#objects = objects;
    this.#random = random;
  }

  static async make(root: string, objects: number, random: () => number): Promise<ChangingTree> {
    const tree = new ChangingTree(root, objects, random);
    const names = Array.from({ length: objects }, () => tree.#newName());
    for (const directory of new Set(names.map((name) => dirname(join(root, name)))))
      await mkdir(directory, { recursive: true });
    await forEachConcurrent(names, 16, async (name) => tree.#write(name));
    for (const name of names) tree.#names.push(name);
    return tree;
  }

  get some(): string {
    return this.#names[this.#below(this.#names.length)] ?? 'none';
  }

  async change(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const at = this.#below(this.#names.length);
      const name = this.#names[at] ?? '';
      const kind = this.#below(10);
      if (kind < 5) await this.#write(name);
      else if (kind < 7 && this.#names.length > this.#objects / 2) {
        await rm(join(this.#root, name));
        this.#names.splice(at, 1);
      } else if (kind === 7) {
        const to = this.#newName();
        await rename(join(this.#root, name), await this.#room(to));
        this.#names[at] = to;
      } else if (this.#names.length < this.#objects * 1.1) {
        const to = this.#newName();
        await this.#write(to);
        this.#names.push(to);
      }
    }
  }

  /** As an earlier run has left it: sending 200,000 files takes as long as twenty runs that find them. */
  async putInto({ server }: EmbeddedTestServer, bucket: string): Promise<void> {
    for (const name of this.#names)
      server.putObject(bucket, `p/${name}`, await readFile(join(this.#root, name)));
  }

  /** The first key whose bytes are not its file's, looked up where the server keeps them: reading 200,000 would take longer than the runs. */
  async differsFrom({ server }: EmbeddedTestServer, bucket: string): Promise<string | undefined> {
    const kept = new Map(server.objects(bucket).map(({ key, content }) => [key, content.md5]));
    for (const name of this.#names) {
      if (kept.get(`p/${name}`) !== md5Of(await readFile(join(this.#root, name)))) return `p/${name}`;
      kept.delete(`p/${name}`);
    }
    return [...kept.keys()].find((key) => !key.startsWith('p/.s3-dedup-sync/'));
  }

  #newName(): string {
    const number = this.#made++;
    const ending = ['html', 'js', 'css', 'png'][number % 4];
    return `${number % 97}/${number % 7}/file-${number}.${ending}`;
  }

  async #room(name: string): Promise<string> {
    const path = join(this.#root, name);
    await mkdir(dirname(path), { recursive: true });
    return path;
  }

  /** One content in ten is one that others have. */
  async #write(name: string): Promise<void> {
    const word = this.#random() < 0.1 ? this.#below(20) : this.#random();
    await writeFile(await this.#room(name), `${word} `.repeat(1 + (this.#made % 40)));
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

/** Writes and deletes under keys of the tree and others, without asking. */
class SecondWriter {
  readonly #stop = new AbortController();
  readonly #writing: Promise<void>;

  constructor(server: TestServer, bucket: string, tree: ChangingTree, random: () => number) {
    const client = new S3Client({
      endpoint: server.endpoint,
      region: server.region,
      forcePathStyle: true,
      credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
    });
    this.#writing = (async () => {
      for (let i = 0; !this.#stop.signal.aborted; i++) {
        const Key = random() < 0.5 ? `p/${tree.some}` : `p/foreign/${i % 100}`;
        const command =
          random() < 0.7
            ? new PutObjectCommand({ Bucket: bucket, Key, Body: `of another writer ${i}` })
            : new DeleteObjectCommand({ Bucket: bucket, Key });
        // It may be refused as anybody.
        await (client.send as (of: typeof command) => Promise<unknown>)(command).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      client.destroy();
    })();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }
}

async function sample(): Promise<Sample> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What just ended is let go of in the next turns.
  await new Promise((resolve) => setTimeout(resolve, 20));
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  const files = await readdir('/proc/self/fd').catch(() => []);
  return { heap: heapUsed, rss, files: files.length };
}
