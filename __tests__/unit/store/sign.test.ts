import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SourceData } from '@smithy/types';
import fc from 'fast-check';
import { EMPTY_PAYLOAD, escapeUri, Signer, UNSIGNED_PAYLOAD } from '../../../src/store/sign.js';

/** The SDK's signer as its S3 client sets it up. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
  constructor(secret?: SourceData) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array | string);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error('the signer does not use it again');
  }
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const headerValue = fc.oneof(
  text,
  fc.stringMatching(/^[ \t]{0,3}[a-z]{0,5}[ \t]{0,3}[a-z=";/ ]{0,20}[ \t]{0,2}$/),
);
const headerName = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  fc.constantFrom('cache-control', 'user-agent', 'proxy-x', 'sec-y', 'expect', 'content-md5', 'x-amz-meta-a'),
);
const pairs = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-zA-Z-]{1,12}$/), text), {
  selector: ([name]) => name,
  maxLength: 5,
});

const request = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE'),
  key: text,
  query: pairs,
  headers: fc.dictionary(headerName, headerValue, { maxKeys: 12 }),
  payload: fc.constantFrom(UNSIGNED_PAYLOAD, EMPTY_PAYLOAD, 'a'.repeat(64)),
  credentials: fc.record(
    {
      accessKeyId: fc.stringMatching(/^[A-Z0-9]{4,20}$/),
      secretAccessKey: text,
      sessionToken: fc.stringMatching(/^[A-Za-z0-9/+=]{1,100}$/),
    },
    { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
  ),
  now: fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
  region: fc.constantFrom('us-east-1', 'eu-west-1', 'auto'),
  service: fc.constantFrom('s3', 's3-outposts'),
});

const bytesOf = (value: string): string => Buffer.from(value).toString('latin1');

describe('the signature', () => {
  test("is the SDK's, for any request", async () => {
    await fc.assert(
      fc.asyncProperty(
        request,
        async ({ method, key, query, payload, credentials, now, region, service, ...rest }) => {
          const path = `/bucket/${key.split('/').map(escapeUri).join('/')}`;
          const sorted = [...query].sort(([a], [b]) => (a < b ? -1 : 1));
          const spelled = sorted.map(([name, value]) => `${escapeUri(name)}=${escapeUri(value)}`).join('&');
          const headers: Record<string, string> = { ...rest.headers, host: 'h.example:90' };
          delete headers.date;
          const signer = new SignatureV4({
            credentials,
            region,
            service,
            sha256: Sha256,
            uriEscapePath: false,
          });
          const theirs = await signer.sign(
            {
              method,
              protocol: 'https:',
              hostname: 'h.example',
              path,
              query: Object.fromEntries(query),
              headers: { ...headers, 'x-amz-content-sha256': payload },
              body: undefined,
            },
            { signingDate: now },
          );
          // A header of ours has a character for each byte that is sent.
          const sent = Object.entries(headers).map(([name, value]) => [name, bytesOf(value)]);
          const ours: Record<string, string> = Object.fromEntries(sent);
          new Signer(region, service).sign(
            { method, path, query: spelled, headers: ours, payload },
            credentials,
            now,
          );
          const expected = Object.entries(theirs.headers).map(([name, value]) => [name, bytesOf(value)]);
          expect(ours).toEqual(Object.fromEntries(expected));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('is made anew for another day and for renewed credentials, by the same signer', () => {
    const signer = new Signer('us-east-1', 's3');
    const sign = (secretAccessKey: string, day: string): string => {
      const headers: Record<string, string> = { host: 'h' };
      const what = { method: 'GET', path: '/', query: '', headers, payload: EMPTY_PAYLOAD };
      signer.sign(what, { accessKeyId: 'A', secretAccessKey }, new Date(day));
      return headers.authorization ?? '';
    };
    const first = sign('one', '2026-01-01T23:59:59Z');
    const others = [sign('two', '2026-01-01T23:59:59Z'), sign('one', '2026-01-02T00:00:00Z')];
    expect(new Set([first, ...others]).size).toBe(3);
    expect(sign('one', '2026-01-01T23:59:59Z')).toBe(first);
  });
});
