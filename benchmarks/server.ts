import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { selfSigned } from '../dev/certificate.js';
import type { Access } from '../dev/peers.js';
import { type S3Server, startS3Server } from '../dev/s3-server/index.js';
import { measure } from './measure.js';
import { commandOf, removeCommand } from './tools.js';

/** What tools asked of a server. */
export interface Counts {
  /** Bytes of the bodies of objects and parts. */
  readonly sent: number;
  readonly requests: Readonly<Record<string, number>>;
}

export interface Held {
  readonly files: number;
  readonly bytes: number;
}

/** Where the tools publish to. What lasts beyond a benchmark counts nothing: undefined. */
export interface BenchServer {
  readonly access: Access;
  readonly bucket: string;
  /** Makes the prefix hold what the directory holds. */
  fill(prefix: string, root: string): Promise<void>;
  /** What was asked since the last call. */
  counts(): Promise<Counts | undefined>;
  holds(prefix: string): Promise<Held | undefined>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly latency: number;
  /** Keeps sizes and MD5s alone: for more objects than memory. */
  readonly discardBodies: boolean;
  readonly isTls?: boolean;
}

const BUCKET = 'bench';

/** The embedded server, in this process. */
export class InProcessServer implements BenchServer {
  readonly bucket = BUCKET;
  readonly access: Access;
  readonly #server: S3Server;

  constructor(server: S3Server, authority?: string) {
    this.#server = server;
    const { endpoint, region } = server;
    const by = authority === undefined ? {} : { authority };
    this.access = { endpoint, region, accessKeyId: 'bench', secretAccessKey: 'bench-secret', ...by };
  }

  static async start({ isTls = false, ...options }: ServerOptions): Promise<InProcessServer> {
    const tls = isTls ? selfSigned() : undefined;
    if (isTls && tls === undefined)
      throw new Error('openssl is missing, which makes the certificate for TLS');
    const server = await startS3Server({ ...options, tls, buckets: [BUCKET], countOnly: true });
    if (tls === undefined) return new InProcessServer(server);
    const authority = join(await mkdtemp(join(tmpdir(), 's3ds-bench-')), 'authority.pem');
    await writeFile(authority, tls.cert);
    return new InProcessServer(server, authority);
  }

  async fill(prefix: string, root: string): Promise<void> {
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      this.#server.putObject(BUCKET, `${prefix}/${relative(root, path)}`, readFileSync(path));
    }
  }

  async counts(): Promise<Counts> {
    const { bytesIn, counts } = this.#server.log;
    this.#server.log.clear();
    return { sent: (bytesIn.PutObject ?? 0) + (bytesIn.UploadPart ?? 0), requests: counts };
  }

  async holds(prefix: string): Promise<Held> {
    let [files, bytes] = [0, 0];
    for (const { key, content } of this.#server.objects(BUCKET)) {
      if (!key.startsWith(`${prefix}/`)) continue;
      files++;
      bytes += content.size;
    }
    return { files, bytes };
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await removeAuthority(this.access);
  }
}

async function removeAuthority({ authority }: Access): Promise<void> {
  if (authority !== undefined) await rm(dirname(authority), { recursive: true });
}

/** What server-process.ts is asked; each request has one answer, in order. */
export type ServerRequest =
  | { readonly call: 'fill'; readonly prefix: string; readonly root: string }
  | { readonly call: 'counts' }
  | { readonly call: 'holds'; readonly prefix: string };

/** The embedded server in a process of its own, so that it is nobody's CPU. */
export class ServerProcess implements BenchServer {
  readonly bucket = BUCKET;
  readonly access: Access;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, access: Access) {
    this.#child = child;
    this.access = access;
  }

  static async start(options: ServerOptions): Promise<ServerProcess> {
    const script = fileURLToPath(new URL('./server-process.js', import.meta.url));
    // A million objects need more than V8 takes by itself.
    const child = fork(script, [JSON.stringify(options)], { execArgv: ['--max-old-space-size=12000'] });
    return new ServerProcess(child, await answerOf<Access>(child));
  }

  async fill(prefix: string, root: string): Promise<void> {
    await this.#ask({ call: 'fill', prefix, root });
  }

  async counts(): Promise<Counts> {
    return this.#ask({ call: 'counts' });
  }

  async holds(prefix: string): Promise<Held> {
    return this.#ask({ call: 'holds', prefix });
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill();
    await gone;
    await removeAuthority(this.access);
  }

  async #ask<T>(request: ServerRequest): Promise<T> {
    const answer = answerOf<T>(this.#child);
    this.#child.send(request);
    return answer;
  }
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`the server ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}

/** A given endpoint, with the credentials of the environment. */
export class GivenServer implements BenchServer {
  readonly bucket: string;
  readonly access: Access;
  readonly #used = new Set<string>();

  constructor(endpoint: string, bucket: string) {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION } = process.env;
    if (AWS_ACCESS_KEY_ID === undefined || AWS_SECRET_ACCESS_KEY === undefined) {
      throw new Error('--endpoint needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment');
    }
    this.bucket = bucket;
    this.access = {
      endpoint,
      region: AWS_REGION ?? 'us-east-1',
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
    };
  }

  async fill(prefix: string, root: string): Promise<void> {
    const home = await mkdtemp(join(tmpdir(), 's3ds-bench-'));
    const job = { tree: root, bucket: this.bucket, prefix, home };
    await measure(commandOf('ours', this.access, job, undefined), home);
  }

  async counts(): Promise<undefined> {}

  async holds(prefix: string): Promise<undefined> {
    // Mirrors and the other tools lie beside it.
    this.#used.add(dirname(prefix));
  }

  async stop(): Promise<void> {
    const home = await mkdtemp(join(tmpdir(), 's3ds-bench-'));
    for (const prefix of this.#used) {
      await measure(removeCommand(this.access, { tree: '', bucket: this.bucket, prefix, home }), home);
    }
  }
}
