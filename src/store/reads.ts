import { type ETag, parseETag } from '../model/digest.js';
import type { ObjectKey, Prefix } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import { arriving, BodyLimit } from './bounded-body.js';
import type { GetInput } from './calls.js';
import { LONGEST_ANSWER, LONGEST_REQUEST_MS, TooLongError, unfinishedError } from './exchange.js';
import type { Lists } from './lists.js';
import { headOf, unreadable } from './object-answers.js';
import {
  type ByteRange,
  isDenied,
  type ListedVersion,
  type ObjectHead,
  type StoredBody,
  StoreError,
  type StoreErrorKind,
  type Wanted,
  type WholeBody,
} from './object-store.js';
import type { Requests } from './requests.js';
import { refusedForSigning, toStoreError } from './store-errors.js';

/** Bodies of at most so many bytes are not worth a stream. */
const SMALL_BODY = 256 * 1024;

type Body = AsyncIterable<Uint8Array> & { destroy(): void };

/** What an object is, and its bytes. */
export class Reads {
  readonly #requests: Requests;
  readonly #lists: Lists;
  #aclsEnabled: Promise<boolean> | undefined;

  constructor(requests: Requests, lists: Lists) {
    this.#requests = requests;
    this.#lists = lists;
  }

  async hasAcl(key: ObjectKey, signal: AbortSignal): Promise<boolean> {
    this.#aclsEnabled ??= this.#bucketHasAcls(signal);
    if (!(await this.#aclsEnabled)) return false;
    try {
      const { Grants: grants = [], Owner: owner } = await this.#requests.call(
        'GetObjectAcl',
        signal,
        async () =>
          (await this.#requests.rareCalls()).getObjectAcl({ ...this.#requests.every, Key: key }, signal),
      );
      return grants.some(
        // MinIO names neither the owner nor whom it grants to.
        ({ Grantee: to }) => to?.URI !== undefined || (to?.ID ?? '') !== (owner?.ID ?? ''),
      );
    } catch (thrown) {
      const error = toStoreError('GetObjectAcl', thrown);
      if (hasNoAcls(error)) return false;
      throw error;
    }
  }

  async #bucketHasAcls(signal: AbortSignal): Promise<boolean> {
    try {
      const answer = await this.#requests.call('GetBucketOwnershipControls', signal, async () =>
        (await this.#requests.rareCalls()).getBucketOwnershipControls(this.#requests.every, signal),
      );
      return answer.OwnershipControls?.Rules?.[0]?.ObjectOwnership !== 'BucketOwnerEnforced';
    } catch (thrown) {
      const error = toStoreError('GetBucketOwnershipControls', thrown);
      // Denied, unknown there, or never set: each object is asked for its own.
      if (error.kind === 'denied' || error.kind === 'rejected' || error.status >= 404) return true;
      throw error;
    }
  }

  async read(key: ObjectKey, maxBytes: number, signal: AbortSignal): Promise<StoredBody | undefined> {
    const read = async (): Promise<StoredBody | undefined> => {
      let body: Body | undefined;
      try {
        const answer = await (await this.#requests.rareCalls()).getObject(
          { ...this.#requests.every, Key: key },
          signal,
        );
        const etag = parseETag(answer.ETag);
        body = answer.Body as Body | undefined;
        if (body === undefined || etag === undefined)
          throw unreadable('GetObject', 'without a body or its ETag');
        // A proxy may leave the length out: what is listed is then what must arrive.
        const size = answer.ContentLength ?? (await this.#listedSize(key, etag, signal));
        if (size > maxBytes) {
          throw new StoreError(
            'rejected',
            'TooLarge',
            200,
            'GetObject',
            `it has ${size} bytes, over ${maxBytes}`,
          );
        }
        const limit = new BodyLimit(LONGEST_REQUEST_MS);
        const chunks: Uint8Array[] = [];
        for await (const chunk of arriving(body)) {
          limit.add(chunk);
          if (limit.bytes > size) throw wrongSize(limit.bytes, size);
          chunks.push(chunk);
        }
        if (limit.bytes !== size) throw cutShort();
        return { bytes: Buffer.concat(chunks), etag };
      } catch (thrown) {
        const error = toStoreError('GetObject', thrown);
        if (error.status === 404 && error.code !== 'NoSuchBucket') return undefined;
        // What was signed at a wrong time was not looked for.
        if (isDenied(error) && !refusedForSigning(error) && (await this.#isAbsent(key, signal)))
          return undefined;
        throw error;
      } finally {
        // Of a body that is not read to its end the connection cannot be used again.
        body?.destroy();
      }
    };
    // It may have to list, and a request that has a place does not wait for another one's.
    return this.#requests.call('GetObject', signal, read, { isPaced: false });
  }

  /**
   * Whether a listing shows that there is no such key. Who may list below a prefix alone (a condition on `s3:prefix`)
   * is denied a key that does not exist: the request has no prefix, so AWS does not say that it is missing.
   */
  async #isAbsent(key: ObjectKey, signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.#listed(key, signal)) === undefined;
    } catch (error) {
      if (isDenied(error)) return false;
      throw error;
    }
  }

  async #listedSize(key: ObjectKey, etag: ETag, signal: AbortSignal): Promise<number> {
    const listed = await this.#listed(key, signal);
    if (listed?.etag === etag) return listed.size;
    throw unreadable('GetObject', 'without a Content-Length, and the listing has another object');
  }

  async #listed(key: ObjectKey, signal: AbortSignal): Promise<ListedObject | undefined> {
    for await (const page of this.#lists.list(key as string as Prefix, signal)) {
      const found = page.find((object) => object.key === key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async get(
    object: ListedVersion,
    consume: (body: AsyncIterable<Uint8Array>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ObjectHead> {
    if (object.size <= SMALL_BODY) {
      return this.#requests.call('GetObject', signal, async () => {
        const { head, bytes } = await this.#getWhole(object, signal);
        await consume(piecesOf(bytes));
        return head;
      });
    }
    // A body may wait for whoever reads it, and would keep other requests waiting.
    return this.#requests.call('GetObject', signal, () => this.#getByPieces(object, consume, signal), {
      isPaced: false,
    });
  }

  async getWhole(object: ListedVersion, signal: AbortSignal, wanted?: Wanted): Promise<WholeBody> {
    return this.#requests.call('GetObject', signal, () => this.#getWhole(object, signal, wanted));
  }

  async #getWhole(
    object: ListedVersion,
    signal: AbortSignal,
    { range, room }: Wanted = {},
  ): Promise<WholeBody> {
    const size = range === undefined ? object.size : range.last - range.first + 1;
    const calls = await this.#requests.calls();
    const longest = Math.max(size, LONGEST_ANSWER);
    const input = this.#getInput(object, range);
    const answer = await calls.getObject(input, longest, signal, room).catch((thrown) => {
      if (!(thrown instanceof TooLongError)) return gone(thrown);
      throw range === undefined ? tooLarge(thrown, size) : notTheRange(undefined, thrown.said, range, object);
    });
    if (range !== undefined && !isRangeOf(answer.ContentRange, range, object.size))
      throw notTheRange(answer.ContentRange, answer.ContentLength ?? answer.Body.length, range, object);
    // A proxy may leave the length out: what was listed is then what must have arrived.
    const said = answer.ContentLength;
    if (said === undefined && answer.Body.length !== size) throw unsaidSize(answer.Body.length, size);
    const head = headOf('GetObject', answer, answer.Body.length);
    if (range !== undefined && head.size !== size) throw wrongSize(head.size, size);
    if (answer.Body.length !== head.size) throw cutShort();
    return { head, bytes: answer.Body };
  }

  async #getByPieces(
    object: ListedVersion,
    consume: (body: AsyncIterable<Uint8Array>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ObjectHead> {
    const answer = await (await this.#requests.rareCalls())
      .getObject(this.#getInput(object), signal)
      .catch(gone);
    const body = answer.Body as Body | undefined;
    if (body === undefined) throw unreadable('GetObject', 'without a body');
    const head = headOf('GetObject', answer, object.size);
    const limit = new BodyLimit(LONGEST_REQUEST_MS);
    async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of arriving(chunks)) {
        limit.add(chunk);
        yield chunk;
      }
    }
    try {
      await consume(counted(body));
    } finally {
      // Of a body that is not read to its end the connection cannot be used again.
      body.destroy();
    }
    if (limit.bytes === head.size) return head;
    throw answer.ContentLength === undefined ? unsaidSize(limit.bytes, head.size) : cutShort();
  }

  #getInput({ key, etag }: ListedVersion, range?: ByteRange): GetInput {
    return {
      ...this.#requests.every,
      Key: key,
      IfMatch: `"${etag}"`,
      Range: range && `bytes=${range.first}-${range.last}`,
    };
  }

  async partSize(key: ObjectKey, etag: ETag, part: number, signal: AbortSignal): Promise<number | undefined> {
    try {
      const answer = await this.#requests.call('HeadObject', signal, async () =>
        (await this.#requests.rareCalls()).headPart(
          { ...this.#requests.every, Key: key, IfMatch: `"${etag}"`, PartNumber: part },
          signal,
        ),
      );
      // A server that does not know part numbers answers the whole.
      return answer.PartsCount === undefined ? undefined : answer.ContentLength;
    } catch (thrown) {
      const error = toStoreError('HeadObject', thrown);
      if (UNSAID.has(error.kind) || error.status === 404) return undefined;
      throw error;
    }
  }
}

/** Not every server, and not every proxy before it, knows the numbers of parts: some say so by a 403 or by a 500. */
const UNSAID: ReadonlySet<StoreErrorKind> = new Set(['rejected', 'condition', 'denied', 'server']);

/** Servers without ACLs answer so, and buckets that have them switched off. */
function hasNoAcls(error: StoreError): boolean {
  return error.status === 501 || error.code === 'NotImplemented' || error.code === 'NoSuchKey';
}

/** A body as if it came piece by piece. */
async function* piecesOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** What is wanted has another size than was listed, by far. */
function tooLarge({ said }: TooLongError, size: number): StoreError {
  const told = `${said ?? 'too many'} bytes arrived in place of ${size}`;
  return new StoreError('rejected', 'TooLarge', 200, 'GetObject', told);
}

/**
 * @param said as the range that the answer is
 * @param bytes that it has, as far as it is known
 */
function notTheRange(
  said: string | undefined,
  bytes: number | undefined,
  { first, last }: ByteRange,
  { size }: ListedVersion,
): StoreError {
  const isWhole = said === undefined && bytes === size;
  const answered = isWhole ? `all ${size} bytes of the object` : (said ?? 'no range');
  const why = isWhole ? ': the server, or a proxy before it, knows no ranges' : '';
  return unreadable('GetObject', `${answered} where bytes ${first}-${last} were asked for${why}`);
}

function wrongSize(said: number, size: number): Error {
  return unfinishedError(new Error(`a body of ${said} bytes in place of ${size}`));
}

function cutShort(): Error {
  return unfinishedError(new Error('the body was cut short'));
}

/** Of an answer without a length, which is what its bytes are counted against where it has one. */
function unsaidSize(bytes: number, size: number): Error {
  return unfinishedError(
    new Error(
      `a body of ${bytes} bytes and no Content-Length in place of ${size}: it was cut short, or a proxy encodes it anew`,
    ),
  );
}

/** An object that is gone is not the one that was asked for. */
function gone(thrown: unknown): never {
  const error = toStoreError('GetObject', thrown);
  if (error.status !== 404 || error.code === 'NoSuchBucket') throw error;
  throw new StoreError('condition', error.code, 404, 'GetObject', 'the object is gone', { cause: thrown });
}

/** Whether an answer says that it is the range that was asked for; one that is all of an object needs not say so. */
function isRangeOf(said: string | undefined, { first, last }: ByteRange, size: number): boolean {
  if (said === undefined) return first === 0 && last === size - 1;
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(said.trim());
  if (match === null) return false;
  const [, from, to, of] = match;
  return Number(from) === first && Number(to) === last && (of === '*' || Number(of) === size);
}
