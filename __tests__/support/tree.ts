import { createCipheriv } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Names below a root, with their contents. */
export type TreeContents = Readonly<Record<string, string | Buffer>>;

export async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 's3ds-test-'));
}

/** Writes a tree below `root`, or below a new directory; returns the root. */
export async function writeTree(contents: TreeContents, root?: string): Promise<string> {
  const directory = root ?? (await temporaryDirectory());
  for (const [name, content] of Object.entries(contents)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return directory;
}

/** The files below a root by their names; links and special files are left out. */
export async function readTree(root: string): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const visit = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await visit(name);
      else if (entry.isFile()) found.set(name, await readFile(join(root, name)));
    }
  };
  await visit('');
  return found;
}

export async function removeTree(root: string): Promise<void> {
  await rm(root, { recursive: true, force: true });
}

/** Bytes that do not repeat, the same for the same seed. */
export function noise(size: number, seed = 1): Buffer {
  const key = Buffer.alloc(16, seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}
