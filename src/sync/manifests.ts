import { readFile } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { messageOf } from '../model/errors.js';
import { namesOf } from '../model/file-columns.js';
import type { Files } from '../model/objects.js';

/** Larger ones are no build manifests. Bytes. */
const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;

/** `.vite/manifest.json` and `manifest.json` of Vite, `asset-manifest.json` of webpack and Create React App. */
const MANIFEST = /(^|\/)(\.vite\/manifest|asset-manifest|manifest)\.json$/;

/** A content hash in a name, as bundlers put it there: eight or more characters between `-` or `.` and the endings. */
const HASHED = /^(.*?)[-.]([A-Za-z0-9_-]{8,})((?:\.[A-Za-z0-9]+)+)$/;

/**
 * Names whose content never changes: a build manifest lists them as the output of a source, and they carry a hash
 * that the source's name does not have. A manifest that cannot be read vouches for nothing.
 */
export async function immutableNames(
  files: Files,
  onUnreadable: (message: string) => void,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const name of namesOf(files)) names.add(name);
  const immutable = new Set<string>();
  for (const { name, path, size } of files) {
    if (!MANIFEST.test(name) || size > MAX_MANIFEST_BYTES) continue;
    let manifest: unknown;
    try {
      manifest = JSON.parse(await readFile(path, 'utf8'));
    } catch (error) {
      // A web app's manifest.json may hold anything; a build manifest is JSON.
      onUnreadable(`${name} vouches for no names: ${messageOf(error)}`);
      continue;
    }
    const above = posix.dirname(name);
    const directory = above.endsWith('.vite') ? dirname(above) : above;
    for (const { source, output } of outputsOf(manifest)) {
      const file = posix.join(directory, output.replace(/^(https?:\/\/[^/]+)?\.?\//, ''));
      if (names.has(file) && isHashed(file, source)) immutable.add(file);
    }
  }
  return immutable;
}

/** Sources and what was built of them, in either kind of manifest. */
export function* outputsOf(
  manifest: unknown,
): Generator<{ readonly source: string; readonly output: string }> {
  if (!isRecord(manifest)) return;
  const webpack = isRecord(manifest.files) ? manifest.files : undefined;
  if (webpack !== undefined) {
    for (const [source, output] of Object.entries(webpack)) {
      if (typeof output === 'string') yield { source, output };
    }
    return;
  }
  for (const [key, chunk] of Object.entries(manifest)) {
    if (!isRecord(chunk) || typeof chunk.file !== 'string') continue;
    // A chunk that several sources share has a name and no source; its key is its output again.
    const [source = key] = [chunk.name, chunk.src].filter((value) => typeof value === 'string');
    yield { source, output: chunk.file };
    for (const list of [chunk.css, chunk.assets]) {
      if (!Array.isArray(list)) continue;
      for (const output of list) if (typeof output === 'string') yield { source, output };
    }
  }
}

function isHashed(name: string, source: string): boolean {
  const [, , hash] = HASHED.exec(posix.basename(name)) ?? [];
  if (hash === undefined) return false;
  // `side-component.js`, built of `main.ts`, has no hash at all: words have no digits and seldom two capitals.
  return !posix.basename(source).includes(hash) && /[0-9]|[A-Z].*[A-Z]/.test(hash.slice(-8));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
