import { statfsSync } from 'node:fs';

/** What is asked about a file. */
interface Met {
  readonly path: string;
  readonly dev: bigint;
  readonly ctimeNs: bigint;
}

/**
 * Linux file systems whose ctime tells no change: it is the mtime, which `rsync -t` or `touch -r` set back, the one time of
 * an image, or whatever a program or a server makes of it. By what statfs(2) calls them; no other system has such numbers.
 */
const TELL_NONE: ReadonlySet<number> = new Set([
  0x65735546, // FUSE: sshfs, rclone mount, s3fs, image layers that are loaded as they are read
  0x4d44, // vfat
  0x2011bab2, // exfat
  0x73717368, // squashfs
  0xe0f5e1e2, // erofs
  0x9660, // iso9660
  0x517b, // smbfs
  0xff534d42, // cifs
  0xfe534d42, // smb3
]);

/**
 * Whether a ctime may be when something changed: clocks do not stop at whole seconds, while what images, archives and old
 * formats hold does.
 */
export function isChangeTime(ctimeNs: bigint): boolean {
  return ctimeNs % 1_000_000_000n !== 0n;
}

/** Whether a file that changes is sure to get another ctime. Each device is asked once what it is. */
export class ChangeTimes {
  readonly #typeOf: (path: string) => number;
  readonly #told = new Map<bigint, boolean>();

  constructor(typeOf = (path: string): number => statfsSync(path).type) {
    this.#typeOf = typeOf;
  }

  areToldOf({ path, dev, ctimeNs }: Met): boolean {
    if (!isChangeTime(ctimeNs)) return false;
    const known = this.#told.get(dev);
    if (known !== undefined) return known;
    try {
      const told = !TELL_NONE.has(this.#typeOf(path));
      this.#told.set(dev, told);
      return told;
    } catch {
      // It is gone, which says nothing of others on its device.
      return false;
    }
  }
}
