import { createHash } from 'node:crypto';
import mime from 'mime-types';
import { type Md5, parseMd5 } from './digest.js';
import type { LocalFile } from './objects.js';
import type { WriteHeaders } from './options.js';

/**
 * The Content-Type that a name stands for, with a charset for text. The table is mime-types at the exact
 * version in package.json: another table would refresh every object of every site, so it changes with a
 * major version alone.
 */
export function contentTypeOf(name: string): string {
  const base = name.slice(name.lastIndexOf('/') + 1);
  const type = mime.contentType(base.includes('.') ? base.slice(base.lastIndexOf('.')) : '.');
  return type === false ? 'application/octet-stream' : type;
}

/**
 * `x-amz-meta-s3cmd-attrs` as s3cmd writes and reads it: `md5:<hex>`, and with `preserve`
 * `md5:<hex>/mode:<decimal>/mtime:<seconds>`.
 */
export function formatAttributes(md5: Md5, file: LocalFile | undefined): string {
  if (file === undefined) return `md5:${md5}`;
  return `md5:${md5}/mode:${file.mode}/mtime:${file.mtimeNs / 1_000_000_000n}`;
}

/** The MD5 that an object's own metadata names: s3cmd's attributes, then rclone's `md5chksum` (base64). */
export function metadataMd5(metadata: ReadonlyMap<string, string>): Md5 | undefined {
  for (const field of (metadata.get('s3cmd-attrs') ?? '').split('/')) {
    if (field.startsWith('md5:')) return parseMd5(field.slice('md5:'.length));
  }
  const rclone = metadata.get('md5chksum');
  return rclone === undefined ? undefined : parseMd5(Buffer.from(rclone, 'base64').toString('hex'));
}

/** Every header that an input or the name decides; mode, mtime and digests are left out. Names in lower case. */
export function decidedHeaders(name: string, write: WriteHeaders): Readonly<Record<string, string>> {
  const { sse, kmsKeyId, storageClass, acl } = write;
  return {
    'content-type': contentTypeOf(name),
    ...(sse === undefined ? {} : { 'x-amz-server-side-encryption': sse }),
    ...(kmsKeyId === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId }),
    ...(storageClass === undefined ? {} : { 'x-amz-storage-class': storageClass }),
    ...(acl === undefined ? {} : { 'x-amz-acl': acl }),
  };
}

/**
 * Header state of an object: SHA-256 over the sorted `name:value` lines, names in lower case, of every header
 * that an input or a rule set and of the inferred Content-Type. Mode and mtime are left out.
 */
export function headerDigest(headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name.toLowerCase()}:${value}\n`);
  return createHash('sha256').update(lines.sort().join('')).digest('hex');
}
