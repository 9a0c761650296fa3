import { type ETag, parseETag } from '../model/digest.js';
import { NOT_IN_XML, NOT_SPELLED, type ObjectKey, type Prefix } from '../model/object-key.js';
import type { ListedObject } from '../model/objects.js';
import { MAX_PARTS } from '../model/part-sizes.js';
import type { ListAnswer } from './calls.js';
import { type ListedPage, listingError, listPages, type PageRequest } from './listing.js';
import { detached, LONGEST_TOLD, spellings, unreadable } from './object-answers.js';
import {
  type KeyHints,
  type ListedPart,
  type ListedUpload,
  StoreError,
  type Upload,
} from './object-store.js';
import { isDirectoryBucket } from './providers.js';
import type { Requests } from './requests.js';

/** What a bucket holds: objects, uploads that were begun, and their parts. */
export class Lists {
  readonly #requests: Requests;
  /** Requests that a listing begins with side by side. */
  readonly #first: number;
  readonly #unlisted = new Set<string>();

  constructor(requests: Requests, first: number) {
    this.#requests = requests;
    this.#first = first;
  }

  get unlisted(): ReadonlySet<string> {
    return this.#unlisted;
  }

  list(prefix: Prefix, signal: AbortSignal, hints?: KeyHints): AsyncGenerator<readonly ListedObject[]> {
    const { every, provider } = this.#requests;
    const isInOrder = provider().listsInOrder && !isDirectoryBucket(every.Bucket);
    return listPages({
      prefix,
      ask: (request, until) => this.#listPage(request, until),
      signal,
      concurrency: this.#first,
      ...(hints === undefined || !isInOrder ? {} : { hints }),
    });
  }

  async #listPage(request: PageRequest, signal: AbortSignal): Promise<ListedPage> {
    const { prefix, token, delimiter, startAfter } = request;
    const input = {
      ...this.#requests.every,
      Prefix: prefix,
      EncodingType: 'url' as const,
      ...(token === undefined ? {} : { ContinuationToken: token }),
      ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
      ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
    };
    const page = await this.#requests.call('ListObjectsV2', signal, async () => {
      const answer = await (await this.#requests.calls()).listObjectsV2(input, signal);
      // A 200 that is no listing, from a proxy or a web server, is not an empty bucket (D9).
      if (answer.IsTruncated === undefined) {
        throw new StoreError('server', 'NoListing', 200, 'ListObjectsV2', 'the answer is not a listing');
      }
      const contradiction = contradictionIn(answer, prefix);
      if (contradiction !== undefined) throw unreadable('ListObjectsV2', contradiction);
      return answer;
    });
    const decode = page.EncodingType === 'url' ? decodeListedKey : (text: string) => text;
    const keyIn = (text: string): string => {
      const key = decode(text);
      if (!key.startsWith(prefix)) throw listingError(`the key ${JSON.stringify(key)} outside the prefix`);
      return detached(key);
    };
    const objects: ListedObject[] = [];
    for (const item of page.Contents ?? []) {
      const etag = parseETag(item.ETag);
      if (item.Key === undefined || item.Size === undefined || etag === undefined) {
        throw listingError('an entry without key, size or ETag');
      }
      objects.push({
        key: keyIn(item.Key) as ObjectKey,
        size: item.Size,
        etag: detached(etag) as ETag,
        lastModified: item.LastModified?.getTime() ?? 0,
        storageClass: classOf(item.StorageClass),
      });
    }
    const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix: text = '' }) => keyIn(text));
    const { IsTruncated: isTruncated, NextContinuationToken: said = '' } = page;
    // Where more is named there is more, whatever else is said; but the token that was asked for leads nowhere.
    const next = said !== '' && (isTruncated === true || said !== token) ? said : undefined;
    if (isTruncated === true && next === undefined)
      throw listingError('a page that does not lead to the next one');
    if (page.EncodingType !== 'url') {
      for (const { key, ...listed } of objects) {
        if (!key.includes(NOT_SPELLED) || this.#unlisted.has(key)) continue;
        const head = await this.#requests.head(key, signal);
        if (head?.etag !== listed.etag || head.size !== listed.size) this.#unlisted.add(key);
      }
      for (const below of prefixes) {
        if (!below.includes(NOT_SPELLED) || this.#unlisted.has(below)) continue;
        const there = await this.#listPage({ prefix: below }, signal);
        if (there.objects.length === 0) this.#unlisted.add(below);
      }
    }
    return { objects, prefixes, next: next === undefined ? undefined : detached(next) };
  }

  async *listUploads(
    prefix: Prefix | ObjectKey,
    signal: AbortSignal,
  ): AsyncGenerator<readonly ListedUpload[]> {
    let from: { KeyMarker: string; UploadIdMarker?: string } | undefined;
    const met = new Set<string>();
    for (;;) {
      const marker = from;
      const page = await this.#requests.call('ListMultipartUploads', signal, async () =>
        (await this.#requests.rareCalls()).listMultipartUploads(
          { ...this.#requests.every, Prefix: prefix, EncodingType: 'url', ...marker },
          signal,
        ),
      );
      const isEncoded = page.EncodingType === 'url' && this.#requests.provider().uploadKeys === 'encoded';
      const decode = isEncoded ? decodeListedKey : (text: string) => text;
      const known = met.size;
      const uploads: ListedUpload[] = [];
      for (const { Key: key, UploadId: id, Initiated: begun } of page.Uploads ?? []) {
        if (key === undefined || id === undefined) continue;
        met.add(JSON.stringify([key, id]));
        uploads.push({ key: decode(key) as ObjectKey, id, begun: begun?.getTime() ?? 0 });
      }
      yield uploads;
      const { NextKeyMarker: key, NextUploadIdMarker: id } = page;
      // A page that adds nothing leads nowhere, in a circle or on to ever new markers.
      if (page.IsTruncated !== true || key === undefined || key === '' || met.size === known) return;
      from = { KeyMarker: decode(key), ...(id === undefined ? {} : { UploadIdMarker: id }) };
    }
  }

  async listParts({ key, id }: Upload, signal: AbortSignal): Promise<readonly ListedPart[]> {
    const parts: ListedPart[] = [];
    for (let marker = 0; ; ) {
      const input = {
        ...this.#requests.every,
        Key: key,
        UploadId: id,
        ...(marker === 0 ? {} : { PartNumberMarker: `${marker}` }),
      };
      const page = await this.#requests.call('ListParts', signal, async () =>
        (await this.#requests.rareCalls()).listParts(input, signal),
      );
      const { Parts: listed = [] } = page;
      for (const { PartNumber: number, ETag: text, Size: size } of listed) {
        const etag = parseETag(text);
        if (number !== undefined && etag !== undefined && size !== undefined)
          parts.push({ number, etag, size });
      }
      const next = Number(page.NextPartNumberMarker);
      // Parts come in the order of their numbers: behind the last there can be, and behind none, is nothing.
      const leadsOn = next > marker && next < MAX_PARTS && listed.length > 0;
      if (page.IsTruncated !== true || !leadsOn) return parts;
      marker = next;
    }
  }
}

/** What a listing says that cannot be of what was asked for, and whole; what it does not say is no contradiction. */
function contradictionIn(answer: ListAnswer, prefix: string): string | undefined {
  const { Prefix: said = '', KeyCount: count = 0, Contents: contents, CommonPrefixes: prefixes } = answer;
  // Servers encode it or not, whether they say so or not; what XML cannot carry is spelled in many ways.
  if (said !== '' && !NOT_IN_XML.test(prefix) && !spellings(said).includes(prefix))
    return `with the prefix ${JSON.stringify(said.slice(0, LONGEST_TOLD))} where ${JSON.stringify(prefix)} was asked for`;
  const entries = (contents?.length ?? 0) + (prefixes?.length ?? 0);
  return count > entries ? `with ${entries} of the ${count} keys that it says to have` : undefined;
}

/** One text for the class that nearly all objects have, in place of one for each. */
function classOf(text: string | undefined): string {
  return text === undefined || text === 'STANDARD' ? 'STANDARD' : detached(text);
}

/** Listings are asked for URL-encoded, since XML cannot carry every key; a space arrives as `+`. */
function decodeListedKey(text: string): string {
  // Most keys are spelled as they are.
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch (cause) {
    throw listingError(`the key ${JSON.stringify(text)}, which is not URL-encoded UTF-8`, cause);
  }
}
