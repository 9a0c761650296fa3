import type { ObjectCannedACL, ServerSideEncryption, StorageClass } from '@aws-sdk/client-s3';
import { ACL, STORAGE_CLASS } from '../model/header-rules.js';
import type { HeaderSet, ObjectHeaders } from '../model/headers.js';
import { ARCHIVED_CLASSES } from '../model/objects.js';
import type { WriteHeaders } from '../model/options.js';
import type { Condition } from '../model/plan.js';
import type { ObjectInput } from './calls.js';
import type { SourceObject } from './object-store.js';

/** Keys that are spelled the same everywhere, URL-encoded or not. */
export const PLAIN_KEY = /^[\w./-]+$/;

/** Parameters of every call. */
export interface Every {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string;
  readonly RequestPayer?: 'requester';
}

/** What writes carry of headers, as inputs of calls. */
export class ObjectInputs {
  readonly #common: WriteHeaders;
  /** What `#decide` made of fields. */
  readonly #inputs = new WeakMap<HeaderSet, ObjectInput>();

  /** @param common what every write carries */
  constructor(common: WriteHeaders) {
    this.#common = common;
  }

  /** What every write carries, and what was decided for this object, which goes before; not its metadata. */
  decided(headers: ObjectHeaders): ObjectInput {
    const { contentType, fields } = headers;
    const known = fields === undefined ? undefined : this.#inputs.get(fields);
    if (known?.ContentType === contentType) return known;
    const made = this.#decide(headers);
    if (fields !== undefined) this.#inputs.set(fields, made);
    return made;
  }

  #decide({ contentType, fields: decided }: ObjectHeaders): ObjectInput {
    const { sse, kmsKeyId, storageClass: asked, acl: askedAcl } = this.#common;
    const fields = decided ?? {};
    // Our own objects (index, journal, lock) are read by the next run, and what is archived cannot be read.
    const isOwn = decided === undefined;
    const storageClass = isOwn && ARCHIVED_CLASSES.has(asked ?? '') ? undefined : asked;
    // They name paths of this machine, for nobody but the bucket's owner: policies of other accounts' buckets demand that one.
    const acl = isOwn && askedAcl !== 'bucket-owner-full-control' ? undefined : askedAcl;
    const given = {
      ServerSideEncryption: sse as ServerSideEncryption | undefined,
      SSEKMSKeyId: kmsKeyId,
      StorageClass: (fields[STORAGE_CLASS] ?? storageClass) as StorageClass | undefined,
      ACL: (fields[ACL] ?? acl) as ObjectCannedACL | undefined,
      CacheControl: fields['cache-control'],
      ContentDisposition: fields['content-disposition'],
      ContentEncoding: fields['content-encoding'],
      ContentLanguage: fields['content-language'],
      Expires: fields.expires === undefined ? undefined : new Date(fields.expires),
      Tagging: fields['x-amz-tagging'],
      WebsiteRedirectLocation: fields['x-amz-website-redirect-location'],
    };
    const set = Object.entries(given).filter(([, value]) => value !== undefined);
    return { ...(Object.fromEntries(set) as ObjectInput), ContentType: contentType };
  }

  /** STANDARD is what an absent header means, and what some servers take in no other way. */
  keptClass(kept: string | undefined, { fields }: ObjectHeaders): { StorageClass?: StorageClass } {
    const asked = fields?.[STORAGE_CLASS] ?? this.#common.storageClass;
    const implied = kept === 'STANDARD' && asked === undefined;
    return kept === undefined || implied ? {} : { StorageClass: kept as StorageClass };
  }
}

export function conditionOf(condition: Condition | undefined): { IfMatch?: string; IfNoneMatch?: string } {
  if (condition === undefined) return {};
  return 'ifMatch' in condition ? { IfMatch: `"${condition.ifMatch}"` } : { IfNoneMatch: '*' };
}

/**
 * What a copy names its source by, bound to the ETag that was listed.
 *
 * @param every of every call, whose bucket it is in unless it says another one
 */
export function copySource(
  source: SourceObject,
  every: Every,
): {
  CopySource: string;
  CopySourceIfMatch: string;
  ExpectedSourceBucketOwner?: string;
  RequestPayer?: 'requester';
} {
  const path = PLAIN_KEY.test(source.key)
    ? source.key
    : source.key.split('/').map(encodeURIComponent).join('/');
  const bucket = source.bucket?.name ?? every.Bucket;
  const owner = source.bucket === undefined ? every.ExpectedBucketOwner : source.bucket.expectedOwner;
  return {
    // An access point's ARN has the key behind `/object/`.
    CopySource: `${bucket}${bucket.startsWith('arn:') ? '/object' : ''}/${path}`,
    CopySourceIfMatch: `"${source.etag}"`,
    ...(owner === undefined ? {} : { ExpectedSourceBucketOwner: owner }),
    ...(source.bucket?.requesterPays === true ? { RequestPayer: 'requester' as const } : {}),
  };
}
