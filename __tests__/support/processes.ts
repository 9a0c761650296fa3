import { readFileSync } from 'node:fs';

/** When a process began, as Linux counts. */
export function beganOf(pid: number): string {
  return /\) .*$/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[0].split(' ')[20] ?? '';
}
