import { join, parse, resolve, sep } from 'node:path';
import { homeFor, isBelowHome, unusablePath } from '../console/path.js';
import { homeDirectory } from '../disk/home-directory.js';
import { messageOf, usageError } from '../model/errors.js';
import type { PathPattern } from '../model/options.js';

/**
 * Parses the lines of `paths` in the dialect of @actions/glob: blanks around a line and lines that begin with
 * `#` do not count, `~` is the home directory, a relative line is relative to `cwd`, `!` makes a line an
 * exclude.
 *
 * The literal part of a line, its search path, is asked of @actions/glob itself. Its `create` prints
 * `::debug::` lines through @actions/core as soon as it is given options, on the command line too: so it gets
 * none.
 */
export async function parsePathLines(lines: readonly string[], cwd: string): Promise<readonly PathPattern[]> {
  const patterns: PathPattern[] = [];
  for (const line of lines) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    patterns.push(await parseLine(text, cwd));
  }
  return patterns;
}

/** The pattern of a DIR argument: a directory, or a single file, whose name is taken as it is. */
export function literalPath(path: string, cwd: string = process.cwd()): PathPattern {
  if (path === '') throw usageError('the path to publish is empty; give a directory or a file');
  checkCharacters(path);
  const base = resolve(cwd, path);
  const directoriesOnly = path.endsWith('/') || path.endsWith(sep);
  return { text: path, base, glob: '', searchPath: base, directoriesOnly, negate: false };
}

async function parseLine(text: string, cwd: string): Promise<PathPattern> {
  checkCharacters(text);
  let pattern = text;
  let negate = false;
  while (pattern.startsWith('!')) {
    negate = !negate;
    pattern = pattern.slice(1).trim();
  }
  if (pattern === '') throw unusablePath(text, 'nothing stands after the `!`');
  if (/^s3:\/\//i.test(pattern))
    throw unusablePath(text, 'an s3:// URL is a source, which stands in place of paths');

  const { base, rest } = splitBase(slashed(pattern), cwd);
  const directoriesOnly = rest.endsWith('/') || (rest === '' && slashed(pattern).endsWith('/'));
  const glob = rest.replace(/^\/+|\/+$/g, '');
  if (glob.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw unusablePath(
      text,
      '`.` may only stand first and `..` nowhere; an absolute path reaches other directories',
    );
  }
  return { text, base, glob, searchPath: join(base, await literalPart(glob, text)), directoriesOnly, negate };
}

/**
 * The part of a pattern before its first wildcard. It is asked for below the root of the file system and not
 * below `base`: @actions/glob trims patterns, splits them at line breaks and knows wildcards, and a directory
 * may have any of these in its name.
 */
async function literalPart(glob: string, text: string): Promise<string> {
  const anchor = sep === '\\' ? 'C:\\' : '/';
  try {
    const { create } = await import('@actions/glob');
    // The slash keeps a blank at the end of the last segment from being trimmed.
    const searchPath = (await create(`${anchor}${glob}/`)).getSearchPaths()[0] ?? anchor;
    return searchPath.slice(anchor.length);
  } catch (error) {
    throw unusablePath(text, messageOf(error));
  }
}

interface Base {
  readonly base: string;
  readonly rest: string;
}

/** Takes off the beginning that says where a pattern starts: a root, `~`, `.`, or nothing. */
function splitBase(pattern: string, cwd: string): Base {
  if (isBelowHome(pattern)) return { base: homeFor(pattern, homeDirectory()), rest: pattern.slice(1) };
  if (/^\.(\/|$)/.test(pattern)) return { base: resolve(cwd), rest: pattern.slice(1) };
  const { root } = parse(pattern);
  if (root === '') return { base: resolve(cwd), rest: pattern };
  // On Windows `C:x` and `\x` are relative to what the current directory says of the rest.
  const base = resolve(cwd, root);
  return { base, rest: pattern.slice(root.length) };
}

/** On Windows `\` separates; elsewhere it escapes, and is left alone. Repeated slashes become one. */
function slashed(pattern: string): string {
  const path = sep === '\\' ? pattern.replaceAll('\\', '/') : pattern;
  const unc = sep === '\\' && /^\/\/[^/]/.test(path) ? '/' : '';
  return unc + path.replace(/\/{2,}/g, '/');
}

function checkCharacters(text: string): void {
  if (/[\n\0]/.test(text)) throw unusablePath(text, 'a path here cannot hold a line break or a NUL');
}
