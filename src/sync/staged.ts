import type { ETag, Md5 } from '../model/digest.js';
import type { PartRun } from '../model/digest-index.js';
import type { Reused } from '../model/events.js';
import type { LocalFile } from '../model/objects.js';
import type { Part, Upload } from '../store/object-store.js';

/** Parts of an upload that hold what they should, and what Complete will check. */
export interface Staged {
  readonly action: 'upload' | 'copy';
  readonly upload: Upload;
  readonly parts: readonly Part[];
  readonly layout: readonly PartRun[];
  readonly expected: {
    readonly etag: ETag | undefined;
    readonly size: number;
    readonly md5: Md5 | undefined;
  };
  readonly crc32?: string;
  /** As it was when it was sent. */
  readonly file: LocalFile;
  /** Bytes that left this machine for it. */
  readonly sentBytes: number;
  /** Present where parts were cut around what an older object has in common with the file. */
  readonly reused?: Reused;
  /** As `formatChunks` has it. */
  readonly chunks?: string;
}
