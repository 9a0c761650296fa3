import { S3Error } from './errors.js';
import { header, type S3Request } from './request.js';

/** IAM's names of what a request needs; S3's own without `s3:`. */
export type Action =
  | 'kms:GenerateDataKey'
  | 'kms:Decrypt'
  | 'ListAllMyBuckets'
  | 'CreateBucket'
  | 'DeleteBucket'
  | 'GetBucketLocation'
  | 'GetBucketVersioning'
  | 'GetBucketOwnershipControls'
  | 'ListBucket'
  | 'ListBucketMultipartUploads'
  | 'ListMultipartUploadParts'
  | 'AbortMultipartUpload'
  | 'GetObject'
  | 'GetObjectTagging'
  | 'GetObjectAcl'
  | 'PutObject'
  | 'PutObjectTagging'
  | 'PutObjectAcl'
  | 'DeleteObject'
  | 'DeleteObjectTagging';

export interface Access {
  readonly action: Action;
  readonly bucket: string;
  /** Empty for what is about the bucket; of KMS the key's id. */
  readonly key: string;
  readonly request: S3Request;
}

/** An access key and what it may do. Everything, unless one of the three rules says otherwise. */
export interface AccessKey {
  readonly id: string;
  readonly allow?: readonly Action[];
  readonly deny?: readonly Action[];
  readonly permits?: (access: Access) => boolean;
  /** Temporary credentials whose time is over: every call answers ExpiredToken. */
  readonly isExpired?: boolean;
  readonly account?: string;
  readonly arn?: string;
}

/** The access keys of a server. An open table knows every key; what it was not told of may do everything. */
export class AccessTable {
  readonly #keys = new Map<string, AccessKey>();
  readonly #isOpen: boolean;

  constructor(keys: readonly AccessKey[] | undefined) {
    this.#isOpen = keys === undefined;
    for (const key of keys ?? []) this.set(key);
  }

  set(key: AccessKey): void {
    this.#keys.set(key.id, key);
  }

  expire(id: string): void {
    this.set({ ...(this.#keys.get(id) ?? { id }), isExpired: true });
  }

  get(id: string | undefined): AccessKey | undefined {
    return id === undefined ? undefined : this.#keys.get(id);
  }

  /** Refuses unknown and expired keys; AWS does so before it looks at bucket or region. */
  authenticate(request: S3Request): void {
    const key = this.get(request.accessKeyId);
    if (key === undefined) {
      if (this.#isOpen) return;
      if (request.accessKeyId === undefined) throw new S3Error('AccessDenied');
      throw new S3Error('InvalidAccessKeyId', undefined, { AWSAccessKeyId: request.accessKeyId });
    }
    if (key.isExpired === true) {
      throw new S3Error('ExpiredToken', undefined, {
        'Token-0': header(request, 'x-amz-security-token') ?? '',
      });
    }
  }

  permits(request: S3Request, action: Action, bucket: string, key: string): boolean {
    const accessKey = this.get(request.accessKeyId);
    if (accessKey === undefined) return true;
    if (accessKey.deny?.includes(action) === true) return false;
    if (accessKey.allow !== undefined && !accessKey.allow.includes(action)) return false;
    return accessKey.permits?.({ action, bucket, key, request }) ?? true;
  }

  demand(request: S3Request, action: Action, bucket: string, key: string): void {
    if (this.permits(request, action, bucket, key)) return;
    throw new S3Error('AccessDenied', denial(this.get(request.accessKeyId), { action, bucket, key }));
  }
}

/** As a policy names them. */
export function namesOf({ action, bucket, key }: Pick<Access, 'action' | 'bucket' | 'key'>): {
  readonly action: string;
  readonly resource: string;
} {
  if (action.startsWith('kms:')) return { action, resource: `arn:aws:kms:us-east-1:123456789012:key/${key}` };
  return { action: `s3:${action}`, resource: `arn:aws:s3:::${key === '' ? bucket : `${bucket}/${key}`}` };
}

function denial(accessKey: AccessKey | undefined, access: Pick<Access, 'action' | 'bucket' | 'key'>): string {
  const who = accessKey?.arn ?? accessKey?.id;
  const { action, resource } = namesOf(access);
  return `User: ${who} is not authorized to perform: ${action} on resource: "${resource}" because no identity-based policy allows the ${action} action`;
}
