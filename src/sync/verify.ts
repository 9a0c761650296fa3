import { classifyETag, type Md5, multipartETag } from '../model/digest.js';
import { layoutParts, type PartRun, uniformLayout } from '../model/digest-index.js';
import { metadataMd5 } from '../model/headers.js';
import type { RemoteObject } from '../model/objects.js';
import { candidatePartSizes } from '../model/part-sizes.js';
import { etagsProve, type ObjectHead, type ReadableStore } from '../store/object-store.js';
import { WrongContentError } from './decode.js';

/** Bytes that arrived, as far as they must be judged. */
export interface Evidence {
  readonly size: number;
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
    const { key, etag, size } = object;
    if (evidence.size !== size)
      throw new WrongContentError(`${evidence.size} bytes arrived in place of ${size}`);
    const kind = classifyETag(etag);
    const proves = etagsProve(head.encryption);
    const layouts =
      kind.kind === 'multipart' && proves
        ? candidatePartSizes(size, kind.parts).map((partSize) => uniformLayout(size, partSize))
        : [];
    const { md5, etags } = await evidence.digest(layouts);
    if (kind.kind === 'md5' && proves) {
      if (kind.md5 !== md5) throw wrong('its ETag');
      return md5;
    }
    if (etags.some((found) => composite(found) === etag)) return md5;
    const said = metadataMd5(head.metadata);
    if (said === md5) return md5;
    if (kind.kind === 'multipart' && proves) {
      const partSize = await this.#store.partSize(key, etag, this.#signal);
      const layout = partSize === undefined || partSize <= 0 ? undefined : uniformLayout(size, partSize);
      if (layout !== undefined && layoutParts(layout) === kind.parts) {
        const [found] = (await evidence.digest([layout])).etags;
        if (found !== undefined && composite(found) === etag) return md5;
        throw wrong('its ETag');
      }
    }
    if (said !== undefined) throw wrong('its metadata');
    this.#unverified++;
    return md5;
  }
}

function composite(found: string | readonly Md5[]): string {
  return typeof found === 'string' ? found : multipartETag(found);
}

function wrong(voucher: string): WrongContentError {
  return new WrongContentError(`the bytes that arrived are not those that ${voucher} names`);
}
