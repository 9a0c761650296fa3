import { EXIT, SyncError } from '../model/errors.js';

export function configurationError(code: SyncError['code'], message: string, cause?: unknown): SyncError {
  return new SyncError(code, EXIT.usage, message, { cause });
}
