import { createCipheriv, createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { seededRandom } from '../dev/s3-server/index.js';

/** What a tree is made of, the same each time. */
export type TreeSpec =
  /** Pages and what they show: no content twice. */
  | { readonly kind: 'site'; readonly files: number; readonly bytes: number }
  /** Packages, and `latest/` with further names of some of them. */
  | {
      readonly kind: 'release';
      readonly files: number;
      readonly distinctFiles: number;
      readonly distinctBytes: number;
    }
  | { readonly kind: 'image'; readonly bytes: number }
  /** Records of 200 to 1,800 bytes, 100 to a directory. */
  | { readonly kind: 'records'; readonly files: number };

export type Change = 'touch' | 'edit' | 'rename';

interface PlannedFile {
  readonly path: string;
  readonly size: number;
  /** Files with the same one have the same bytes. */
  readonly content: string;
}

export interface Tree {
  readonly root: string;
  readonly files: number;
  readonly bytes: number;
  /** The bytes of its distinct contents. */
  readonly distinct: number;
}

const EDITED_FILES = 50;
/** A prime, so that the edited files are of every directory and kind. */
const EDITED_STRIDE = 101;
const EDITED_BYTES = 5 * 1024 * 1024;
/** Of large files, so that none is ever in memory as a whole. */
const CHUNK = 8 * 1024 * 1024;
const SECTIONS = ['assets', 'blog', 'docs', 'en'] as const;
const EXTENSIONS = ['html', 'js', 'html', 'png', 'css', 'html', 'svg', 'html', 'jpg', 'woff2'] as const;

/** Makes the tree at `root`, in place of what is there. What no step changes is made once: `isKept`. */
export function makeTree(spec: TreeSpec, root: string, isKept: boolean): Tree {
  const files = planned(spec);
  const marker = `${root}.made`;
  if (!(isKept && existsSync(marker))) {
    for (const path of [marker, root]) rmSync(path, { recursive: true, force: true });
    const made = new Set<string>();
    for (const { path, size, content } of files) {
      const full = join(root, path);
      const directory = dirname(full);
      if (!made.has(directory)) mkdirSync(directory, { recursive: true });
      made.add(directory);
      writeContent(full, content, size);
    }
    writeFileSync(marker, '');
  }
  const contents = new Map(files.map(({ content, size }) => [content, size]));
  return {
    root,
    files: files.length,
    bytes: total(files.map(({ size }) => size)),
    distinct: total(contents.values()),
  };
}

/** Changes the tree as it was made, or as an earlier change left it. A rename comes last. */
export function changeTree(spec: TreeSpec, root: string, change: Change): void {
  switch (change) {
    case 'touch': {
      const now = new Date();
      for (const { path } of planned(spec)) utimesSync(join(root, path), now, now);
      return;
    }
    case 'edit': {
      const files = planned(spec);
      if (spec.kind === 'image') {
        // Where no part of any tool begins.
        const from = Math.floor(spec.bytes * 0.37) + 12_345;
        overwrite(join(root, files[0]!.path), from, bytesOf('edited image', EDITED_BYTES));
        return;
      }
      for (let i = 0; i < EDITED_FILES; i++) {
        const { path, size } = files[(i * EDITED_STRIDE) % files.length]!;
        writeContent(join(root, path), `edited ${path}`, size);
      }
      return;
    }
    case 'rename': {
      const entries = readdirSync(root);
      mkdirSync(join(root, 'renamed'));
      for (const entry of entries) renameSync(join(root, entry), join(root, 'renamed', entry));
    }
  }
}

function planned(spec: TreeSpec): readonly PlannedFile[] {
  switch (spec.kind) {
    case 'site':
      return sizes(spec.files, spec.bytes, 4).map((size, i) => {
        const section = SECTIONS[i % SECTIONS.length];
        const path = `${section}/${Math.floor(i / 80)}/${i}.${EXTENSIONS[i % EXTENSIONS.length]}`;
        return { path, size, content: `site ${i}` };
      });
    case 'release': {
      const distinct = sizes(spec.distinctFiles, spec.distinctBytes, 7).map((size, i) => ({
        path: `v2.4/${Math.floor(i / 100)}/package-${i}.rpm`,
        size,
        content: `release ${i}`,
      }));
      // Every n-th by size, so that the duplicates are what the distinct ones are.
      const bySize = [...distinct].sort((a, b) => a.size - b.size);
      const duplicates = spec.files - spec.distinctFiles;
      const again = Array.from({ length: duplicates }, (_, i) => {
        const { size, content } = bySize[Math.floor(((i + 0.5) * bySize.length) / duplicates)]!;
        return { path: `latest/${Math.floor(i / 100)}/package-${i}.rpm`, size, content };
      });
      return [...distinct, ...again];
    }
    case 'image':
      return [{ path: 'image.raw', size: spec.bytes, content: 'image' }];
    case 'records': {
      const random = seededRandom(1);
      return Array.from({ length: spec.files }, (_, i) => ({
        path: `records/${Math.floor(i / 10_000)}/${Math.floor(i / 100) % 100}/${i}.json`,
        size: 200 + Math.floor(random() * 1600),
        content: `record ${i}`,
      }));
    }
  }
}

/** So many sizes with this sum, the largest `e ** spread` times the smallest: the wider, the more of it is in few. */
function sizes(count: number, bytes: number, spread: number): readonly number[] {
  const random = seededRandom(1);
  const weights = Array.from({ length: count }, () => Math.exp(spread * random() ** 2));
  const unit = bytes / total(weights);
  const rounded = weights.map((weight) => Math.floor(weight * unit));
  rounded[0]! += bytes - total(rounded);
  return rounded;
}

function total(numbers: Iterable<number>): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}

function writeContent(path: string, content: string, size: number): void {
  if (size <= CHUNK) {
    writeFileSync(path, bytesOf(content, size));
    return;
  }
  const file = openSync(path, 'w');
  for (let at = 0; at < size; at += CHUNK) {
    writeSync(file, bytesOf(`${content} ${at}`, Math.min(CHUNK, size - at)));
  }
  closeSync(file);
}

function overwrite(path: string, from: number, bytes: Buffer): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, from);
  closeSync(file);
}

/** Bytes that nothing compresses, the same for the same name. */
function bytesOf(content: string, size: number): Buffer {
  const key = createHash('md5').update(content).digest();
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}
