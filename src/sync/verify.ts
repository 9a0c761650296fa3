import { forEachConcurrent } from '../model/concurrency.js';
import { classifyETag, type Md5, multipartETag } from '../model/digest.js';
import { layoutParts, layoutSize, type PartRun, uniformLayout } from '../model/digest-index.js';
import { metadataMd5 } from '../model/headers.js';
import type { RemoteObject } from '../model/objects.js';
import { candidatePartSizes } from '../model/part-sizes.js';
import { etagsProve, type ObjectHead, type ReadableStore } from '../store/object-store.js';
import { WrongContentError } from './decode.js';

/** HEADs in flight about one object. */
export const PARTS_ASKED_AT_ONCE = 8;

/** Bytes that arrived, as far as they must be judged. */
export interface Evidence {
  readonly size: number;
  /** Some of them lay here since an earlier run: size and connection say nothing of those. */
  readonly resumed?: boolean;
  /** The MD5 of the whole, and multipart ETags (or the digests of the parts) under the layouts asked for. */
  digest(
    layouts: readonly (readonly PartRun[])[],
  ): Promise<{ readonly md5: Md5; readonly etags: readonly (string | readonly Md5[])[] }>;
}

/** Judges bodies by what vouches for them: the ETag, else the object's own metadata. */
export class Verifier {
  readonly #store: ReadableStore;
  readonly #signal: AbortSignal;
  #unverified = 0;

  constructor(store: ReadableStore, signal: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
  }

  /** Objects of which S3 says no digest: their size and the connection alone speak for them. */
  get unverified(): number {
    return this.#unverified;
  }

  /** Answers the MD5. Rejects with WrongContentError. */
  async verify(object: RemoteObject, head: ObjectHead, evidence: Evidence): Promise<Md5> {
    const { etag, size } = object;
    if (evidence.size !== size)
      throw new WrongContentError(`${evidence.size} bytes arrived in place of ${size}`);
    const kind = classifyETag(etag);
    const proves = etagsProve(head.encryption);
    const layouts = candidateLayouts(object, head);
    const said = metadataMd5(head.metadata);
    const { md5, etags } = await evidence.digest(isJudgedWhole(object, head) ? [] : layouts);
    if (kind.kind === 'md5' && proves) {
      if (kind.md5 !== md5) throw wrong('its ETag');
      return md5;
    }
    if (said === md5 || etags.some((found) => composite(found) === etag)) return md5;
    if (kind.kind === 'multipart' && proves) {
      // Digests of the usual layouts were asked for already where the object does not say its MD5.
      const made = await this.#madeBy(object, kind.parts, said === undefined ? [] : layouts, evidence.digest);
      if (made === 'other') throw wrong('its ETag');
      if (made !== undefined) return made;
    }
    if (said !== undefined) throw wrong('its metadata');
    if (evidence.resumed === true)
      throw new WrongContentError('nothing says of what an earlier run fetched that it is right');
    this.#unverified++;
    return md5;
  }

  /** Whether bytes make the multipart ETag of an object that nothing encrypts. */
  async makes(object: RemoteObject, digest: Evidence['digest']): Promise<boolean> {
    const kind = classifyETag(object.etag);
    if (kind.kind !== 'multipart') return false;
    const made = await this.#madeBy(object, kind.parts, usualLayouts(object, kind.parts), digest);
    return made !== undefined && made !== 'other';
  }

  /**
   * The MD5 of the very bytes that make a multipart ETag, by the usual layouts and by what S3 says of its parts. `other`: under
   * the layout that S3 says of each they do not; `undefined`: they may, under one that nobody knows.
   */
  async #madeBy(
    object: RemoteObject,
    parts: number,
    usual: readonly (readonly PartRun[])[],
    digest: Evidence['digest'],
  ): Promise<Md5 | 'other' | undefined> {
    const madeBy = async (...some: readonly (readonly PartRun[])[]): Promise<Md5 | undefined> => {
      if (some.length === 0) return undefined;
      const { md5, etags } = await digest(some);
      return etags.some((found) => composite(found) === object.etag) ? md5 : undefined;
    };
    const proved = await madeBy(...usual);
    if (proved !== undefined) return proved;
    const even = await layoutByFirstPart(this.#store, object, this.#signal);
    const byEven = even !== undefined && layoutParts(even) === parts ? await madeBy(even) : undefined;
    if (even === undefined || byEven !== undefined) return byEven;
    // Parts need not be of one size: what puts objects together from others makes such.
    const layout = await layoutByEachPart(this.#store, object, parts, this.#signal);
    return layout === undefined ? undefined : ((await madeBy(layout)) ?? 'other');
  }
}

/**
 * The layout of a multipart object whose parts are all as large as the first one, by one HEAD; it need not have as many
 * parts as the object. `undefined`: S3 does not say.
 */
export async function layoutByFirstPart(
  store: ReadableStore,
  { key, etag, size }: RemoteObject,
  signal: AbortSignal,
): Promise<readonly PartRun[] | undefined> {
  const partSize = await store.partSize(key, etag, 1, signal);
  return partSize === undefined || partSize <= 0 ? undefined : uniformLayout(size, partSize);
}

/** The layout of a multipart object as S3 says of each part; `undefined`: it does not, or not so that they make the object. */
export async function layoutByEachPart(
  store: ReadableStore,
  { key, etag, size }: RemoteObject,
  parts: number,
  signal: AbortSignal,
): Promise<readonly PartRun[] | undefined> {
  const sizes: number[] = [];
  let isUnsaid = false;
  const numbers = Array.from({ length: parts }, (_, i) => i);
  await forEachConcurrent(numbers, PARTS_ASKED_AT_ONCE, async (i) => {
    if (isUnsaid) return;
    const said = (await store.partSize(key, etag, i + 1, signal)) ?? 0;
    if (said <= 0) isUnsaid = true;
    sizes[i] = said;
  });
  if (isUnsaid) return undefined;
  const runs: { count: number; size: number }[] = [];
  for (const partSize of sizes) {
    const last = runs.at(-1);
    if (last?.size === partSize) last.count++;
    else runs.push({ count: 1, size: partSize });
  }
  return layoutSize(runs) === size ? runs : undefined;
}

/** What a multipart ETag is mostly made by. */
function candidateLayouts(object: RemoteObject, { encryption }: ObjectHead): readonly (readonly PartRun[])[] {
  const kind = classifyETag(object.etag);
  return kind.kind === 'multipart' && etagsProve(encryption) ? usualLayouts(object, kind.parts) : [];
}

function usualLayouts({ size }: RemoteObject, parts: number): readonly (readonly PartRun[])[] {
  return candidatePartSizes(size, parts).map((partSize) => uniformLayout(size, partSize));
}

/**
 * Whether the MD5 of the whole is asked for first and alone: where an object says it, digests of its parts are needed
 * only when it is another one.
 */
export function isJudgedWhole(object: RemoteObject, head: ObjectHead): boolean {
  return metadataMd5(head.metadata) !== undefined || candidateLayouts(object, head).length === 0;
}

function composite(found: string | readonly Md5[]): string {
  return typeof found === 'string' ? found : multipartETag(found);
}

function wrong(voucher: string): WrongContentError {
  return new WrongContentError(`the bytes that arrived are not those that ${voucher} names`);
}
