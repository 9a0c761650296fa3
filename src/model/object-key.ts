/** A key as S3 stores it: 1 to 1,024 bytes of UTF-8. */
export type ObjectKey = string & { readonly __brand: 'ObjectKey' };

/** A key prefix: empty (the whole bucket), or ending in `/`, so that `dir` never matches `dir2/` (D4). */
export type Prefix = string & { readonly __brand: 'Prefix' };

/** S3's limit on a key, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;

/** Our own objects (index, journal, lock) live below this name; they are never tree, source or deletion. */
export const OWN_DIRECTORY = '.s3-dedup-sync/';

/** What XML 1.0 cannot carry as it is. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
export const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000d\u000e-\u001f\ufffe\uffff]/;

/** What stands for it where a server lists keys without encoding them, and for bytes that are no UTF-8. */
export const NOT_SPELLED = '\ufffd';

/** Strips leading slashes and closes the prefix with one. `/` alone and the empty string are the bucket's root. */
export function parsePrefix(text: string): Prefix {
  const bare = text.replace(/^\/+/, '').replace(/\/+$/, '');
  return (bare === '' ? '' : `${bare}/`) as Prefix;
}

/**
 * Joins a prefix and a path below it.
 * `undefined` when S3 cannot hold the name: empty, over 1,024 bytes, or with a lone surrogate.
 */
export function joinKey(prefix: Prefix, path: string): ObjectKey | undefined {
  const key = prefix + path;
  if (path === '' || !key.isWellFormed() || Buffer.byteLength(key) > MAX_KEY_BYTES) return undefined;
  return key as ObjectKey;
}

/** The order of S3's listings: by UTF-8 bytes, which is by code point and not JavaScript's `<`. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates encode code points above U+FFFF and sort after U+E000..U+FFFF in UTF-8.
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
    }
    return x - y;
  }
  return a.length - b.length;
}

/** `a` and `a/b` for `a/b/c`. */
export function* directoriesAbove(name: string): Generator<string> {
  for (let i = name.indexOf('/'); i !== -1; i = name.indexOf('/', i + 1)) yield name.slice(0, i);
}
