import { BAD_PART_ETAG, StoreError } from '../store/object-store.js';

/** Why a file is digested and sent once more. */
export const NOT_AS_DIGESTED = 'it is not what it was when it was digested';

/** Whether a server refused a body, maybe for a digest that is not its own: some have no code for that. */
export function isRefused(error: unknown): boolean {
  return error instanceof StoreError && ['digest', 'rejected', 'server'].includes(error.kind);
}

export function isUnproved(error: unknown): boolean {
  return error instanceof StoreError && error.kind === 'digest';
}

/** Whether a part has the ETag of other bytes than were sent. */
export function isOtherPart(error: unknown): boolean {
  return error instanceof StoreError && error.code === BAD_PART_ETAG;
}

/** Whether the server does not have what a request asks of it. */
export function isUnknownThere(error: unknown): error is StoreError {
  return (
    error instanceof StoreError &&
    (error.code === 'NotImplemented' || error.status === 501 || error.status === 405)
  );
}

/** Whether another upload may succeed: this one is gone, or its Complete was in the way of another writer's. */
export function wantsAnotherUpload(error: unknown): boolean {
  return (
    error instanceof StoreError && (error.kind === 'no-upload' || error.code === 'ConditionalRequestConflict')
  );
}
