import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository: this file lies in its `benchmarks`, or compiled in `build/benchmarks`. */
export const repository = join(
  dirname(fileURLToPath(import.meta.url)),
  import.meta.url.endsWith('.js') ? '../..' : '..',
);

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What one process cost. */
export interface Usage {
  /** Seconds. */
  readonly wall: number;
  /** Seconds, user and system. */
  readonly cpu: number;
  /** The peak of resident memory in bytes. */
  readonly rss: number;
  /** Bytes that read(2) gave it, from files above all; null where that is not told. */
  readonly read: number | null;
}

/** Runs a command with nothing of this machine's configuration; rejects with its last words when it fails. */
export async function measure({ file, args, env }: Command, home: string): Promise<Usage> {
  const [report, log] = [join(home, 'usage.json'), join(home, 'log')];
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn('python3', [join(repository, 'benchmarks/measure.py'), report, log, file, ...args], {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, LC_ALL: 'C.UTF-8', ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`python3 measure.py ended with ${code}`);
  const { status, ...usage } = JSON.parse(await readFile(report, 'utf8')) as Usage & { status: number };
  if (status !== 0) {
    const words = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-3).join(' / ');
    throw new Error(`${file} ended with ${status}: ${words.slice(-600)}`);
  }
  return usage;
}
