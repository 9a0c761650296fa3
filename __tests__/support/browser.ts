import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** One request of a page as the browser tells of it. */
export interface Fetched {
  readonly url: string;
  /** As the page sees it: 200 also for what was revalidated with a 304. */
  readonly status: number;
  /** As it came over the wire; undefined for what came out of the browser's cache. */
  readonly wireStatus: number | undefined;
  readonly mimeType: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly fromCache: boolean;
  /** Of redirects: where to. */
  readonly redirectedTo?: string;
}

export interface Visit {
  readonly fetched: readonly Fetched[];
  /** Requests that failed, error statuses, exceptions, what the console calls an error: a line each. */
  readonly problems: readonly string[];
}

export interface Tab {
  /** Opens a URL and waits for the page's `load`. */
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Runs what leads to another page, as a click does, and waits for that page's `load`. */
  follow(expression: string): Promise<void>;
  /** The value of an expression in the page, awaited. */
  evaluate<T>(expression: string): Promise<T>;
  /** What happened since the last call. */
  taken(): Visit;
  close(): Promise<void>;
}

export interface Browser {
  tab(options: { readonly cache: boolean }): Promise<Tab>;
  close(): Promise<void>;
}

/** Why tests with a browser are skipped; undefined when Chromium is installed. */
export const browserAbsent: string | undefined =
  findChromium() === undefined ? 'no chromium: run .ci/install-tools or set S3DS_CHROMIUM' : undefined;

function findChromium(): string | undefined {
  const given = process.env.S3DS_CHROMIUM;
  if (given !== undefined && given !== '') return isExecutable(given) ? given : undefined;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((directory) =>
      ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(directory, name)),
    )
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const FLAGS = [
  '--headless=new',
  '--remote-debugging-pipe',
  // Root, as in CI, has no sandbox; what is opened is ours.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
];

/** How long one command, or one page, may take: only a browser that hangs takes longer. */
const TIMEOUT_MS = 60_000;

type Params = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Params;
  readonly error?: { readonly message: string };
}

/** Chromium without a window, over the DevTools protocol on a pipe; it ends when this process does. */
export async function launchBrowser(): Promise<Browser> {
  const binary = findChromium();
  if (binary === undefined) throw new Error(browserAbsent);
  const profile = await mkdtemp(join(tmpdir(), 's3ds-chromium-'));
  const child = spawn(binary, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const connection = new Connection(child);
  const close = async (): Promise<void> => {
    await connection.send('Browser.close').catch(() => undefined);
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(timer);
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  return {
    tab: async ({ cache }) => {
      const { targetId } = await connection.send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await connection.send('Target.attachToTarget', { targetId, flatten: true });
      const tab = new PipedTab(connection, sessionId as string);
      await tab.begin(cache);
      return tab;
    },
    close,
  };
}

/** Messages are JSON, each followed by a zero byte: commands on descriptor 3, answers and events on 4. */
class Connection {
  readonly #commands: Writable;
  readonly #pending = new Map<number, (message: Message) => void>();
  readonly #listeners: ((message: Message) => void)[] = [];
  #sent = 0;
  #end: string | undefined;

  constructor(child: ChildProcess) {
    const [, , stderr, commands, answers] = child.stdio;
    this.#commands = commands as Writable;
    let said = '';
    (stderr as Readable).setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
    this.#commands.on('error', () => undefined);
    child.once('error', (error) => this.#finish(error.message));
    child.once('exit', (status, signal) => this.#finish(`chromium ended (${status ?? signal}): ${said}`));
    let rest = Buffer.alloc(0);
    (answers as Readable).on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        this.#receive(JSON.parse(rest.toString('utf8', 0, end)) as Message);
        rest = rest.subarray(end + 1);
      }
    });
  }

  listen(listener: (message: Message) => void): void {
    this.#listeners.push(listener);
  }

  async send(method: string, params: Params = {}, sessionId?: string): Promise<Params> {
    if (this.#end !== undefined) throw new Error(this.#end);
    const id = ++this.#sent;
    const answer = new Promise<Message>((resolve) => this.#pending.set(id, resolve));
    this.#commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await inTime(method, answer);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  #receive(message: Message): void {
    if (message.id === undefined) {
      for (const listener of this.#listeners) listener(message);
      return;
    }
    this.#pending.get(message.id)?.(message);
    this.#pending.delete(message.id);
  }

  #finish(message: string): void {
    this.#end = message;
    for (const answer of this.#pending.values()) answer({ error: { message } });
    this.#pending.clear();
  }
}

interface RequestWillBeSent {
  readonly requestId: string;
  readonly request: { readonly url: string };
  readonly redirectResponse?: Response;
}

interface Response {
  readonly url: string;
  readonly status: number;
  readonly mimeType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fromDiskCache?: boolean;
}

interface ConsoleEntry {
  readonly level: string;
  readonly text: string;
  readonly url?: string;
}

class PipedTab implements Tab {
  readonly #connection: Connection;
  readonly #session: string;
  readonly #urls = new Map<string, string>();
  readonly #wireStatus = new Map<string, number>();
  readonly #fromMemory = new Set<string>();
  readonly #loaded: { readonly loader: string; readonly frame: string }[] = [];
  #onLoad: (() => void) | undefined;
  #fetched: { readonly id: string; readonly fetched: Fetched }[] = [];
  #problems: string[] = [];

  constructor(connection: Connection, session: string) {
    this.#connection = connection;
    this.#session = session;
    connection.listen(({ sessionId, method, params }) => {
      if (sessionId === session && method !== undefined) this.#event(method, params ?? {});
    });
  }

  async begin(cache: boolean): Promise<void> {
    for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await this.#send(`${domain}.enable`);
    await this.#send('Page.setLifecycleEventsEnabled', { enabled: true });
    await this.#send('Network.setCacheDisabled', { cacheDisabled: !cache });
  }

  open(url: string): Promise<void> {
    return this.#navigate(async () => {
      const { errorText } = await this.#send('Page.navigate', { url });
      if (errorText !== undefined) throw new Error(`${url}: ${String(errorText)}`);
    });
  }

  reload(): Promise<void> {
    return this.#navigate(() => this.#send('Page.reload'));
  }

  follow(expression: string): Promise<void> {
    return this.#navigate(() => this.evaluate(`(() => { ${expression} })()`));
  }

  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.#send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    const { result, exceptionDetails } = answer as {
      readonly result: { readonly value?: T };
      readonly exceptionDetails?: {
        readonly text: string;
        readonly exception?: { readonly description?: string };
      };
    };
    if (exceptionDetails !== undefined)
      throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value as T;
  }

  taken(): Visit {
    const fetched = this.#fetched.map(({ id, fetched }) => ({
      ...fetched,
      wireStatus: fetched.wireStatus ?? this.#wireStatus.get(id),
      fromCache: fetched.fromCache || this.#fromMemory.has(id),
    }));
    const visit = { fetched, problems: this.#problems };
    this.#fetched = [];
    this.#problems = [];
    return visit;
  }

  async close(): Promise<void> {
    await this.#send('Page.close');
  }

  #send(method: string, params: Params = {}): Promise<Params> {
    return this.#connection.send(method, params, this.#session);
  }

  /** Every document has a loader of its own: a `load` of another loader than before is the new page's. */
  async #navigate(start: () => Promise<unknown>): Promise<void> {
    const { frameTree } = (await this.#send('Page.getFrameTree')) as {
      readonly frameTree: { readonly frame: { readonly id: string; readonly loaderId: string } };
    };
    const { id, loaderId } = frameTree.frame;
    this.#loaded.length = 0;
    const loaded = new Promise<void>((resolve) => {
      this.#onLoad = () => {
        if (this.#loaded.some(({ loader, frame }) => frame === id && loader !== loaderId)) resolve();
      };
    });
    await start();
    await inTime('the load of a page', loaded);
  }

  #event(method: string, params: Params): void {
    switch (method) {
      case 'Page.lifecycleEvent': {
        const { name, loaderId, frameId } = params as Readonly<Record<string, string>>;
        if (name !== 'load') return;
        this.#loaded.push({ loader: loaderId!, frame: frameId! });
        this.#onLoad?.();
        return;
      }
      case 'Network.requestWillBeSent': {
        const { requestId, request, redirectResponse } = params as unknown as RequestWillBeSent;
        // A redirect goes on under the same id.
        if (redirectResponse !== undefined) this.#response(requestId, redirectResponse, request.url);
        this.#urls.set(requestId, request.url);
        return;
      }
      case 'Network.requestServedFromCache':
        this.#fromMemory.add(params.requestId as string);
        return;
      case 'Network.responseReceivedExtraInfo':
        this.#wireStatus.set(params.requestId as string, params.statusCode as number);
        return;
      case 'Network.responseReceived':
        this.#response(params.requestId as string, params.response as Response);
        return;
      case 'Network.loadingFailed':
        this.#problems.push(`${this.#urls.get(params.requestId as string)}: ${String(params.errorText)}`);
        return;
      case 'Runtime.exceptionThrown': {
        const { exceptionDetails } = params as {
          readonly exceptionDetails: {
            readonly text: string;
            readonly exception?: { readonly description?: string };
          };
        };
        this.#problems.push(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return;
      }
      case 'Runtime.consoleAPICalled':
        if (params.type === 'error') this.#problems.push(`console.error: ${JSON.stringify(params.args)}`);
        return;
      case 'Log.entryAdded': {
        const { level, text, url } = params.entry as ConsoleEntry;
        if (level === 'error') this.#problems.push(`${url ?? 'console'}: ${text}`);
        return;
      }
    }
  }

  #response(id: string, response: Response, redirectedTo?: string): void {
    const { url, status, mimeType, fromDiskCache = false } = response;
    if (!url.startsWith('http')) return;
    const headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    if (status >= 400) this.#problems.push(`${url}: ${status}`);
    const wireStatus = redirectedTo === undefined ? undefined : status;
    const to = redirectedTo === undefined ? {} : { redirectedTo };
    this.#fetched.push({
      id,
      fetched: { url, status, wireStatus, mimeType, headers, fromCache: fromDiskCache, ...to },
    });
  }
}

async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`chromium: ${what} took too long`)), TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
