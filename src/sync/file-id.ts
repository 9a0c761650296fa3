import type { LocalFile } from '../model/objects.js';

type Identity = Pick<LocalFile, 'real' | 'dev' | 'ino' | 'nlink' | 'size' | 'mtimeNs' | 'ctimeNs'>;

/**
 * The same for all names of one file: links to it, and hard links. File systems that share several devices (9p, virtiofs,
 * FUSE) may give different files one inode number. It is believed only of a file that has further names, and only
 * together with its size and times: a file that changes between two looks is read once for each.
 */
export function fileId({ real, dev, ino, nlink, size, mtimeNs, ctimeNs }: Identity): string {
  return nlink > 1 ? `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}` : real;
}

/** One state of a file, under whatever name. */
export function fileState(file: Identity): string {
  const { ino, size, mtimeNs, ctimeNs } = file;
  return `${ino}:${size}:${mtimeNs}:${ctimeNs}:${fileId(file)}`;
}
