import { readFileSync } from 'node:fs';

/**
 * How many files and connections this process may have open at a time: Node has raised its own limit to the hard one by
 * then. `Infinity` where the system does not show it.
 */
export function openFilesLimit(path = '/proc/self/limits'): number {
  let limits = '';
  try {
    limits = readFileSync(path, 'latin1');
  } catch {
    // Linux alone has it.
  }
  return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
}
