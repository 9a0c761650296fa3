import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Where it runs, its number there, and when it began, in clock ticks. */
const MARK = /^([0-9a-f]{12})\.([1-9]\d{0,9})\.(\d{1,20})$/;

/** Asked for once: a run that neither downloads nor uploads in parts needs none. */
let known: string | undefined;

/**
 * Tells this process from all others, in letters for a file name: those of other machines, of this one before it was
 * started again, of other containers, and those that get its number later. Where the system cannot tell it is of a place of
 * its own, of which no other process knows anything.
 */
export function processMark(): string {
  known ??= markOf() ?? `${randomBytes(6).toString('hex')}.${process.pid}.0`;
  return known;
}

/**
 * Whether the process that a mark tells of has ended. `undefined`: it runs elsewhere, and nobody here can know. A number
 * alone says nothing, as each container counts anew.
 *
 * @param own the mark of this process
 */
export function hasProcessEnded(mark: string, own: string = processMark()): boolean | undefined {
  const [, place, pid, began] = MARK.exec(mark) ?? [];
  if (place === undefined || place !== MARK.exec(own)?.[1]) return undefined;
  try {
    // Answers for every process, while /proc may be mounted so that it hides those of others (hidepid).
    process.kill(Number(pid), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  const now = lookUp(Number(pid));
  return now === undefined ? undefined : now.began !== began || now.isZombie;
}

function markOf(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // Of another namespace: its numbers are not those of process.kill.
    if (readlinkSync('/proc/self') !== `${process.pid}`) return undefined;
    // A boot's number is random; containers of one machine share it, each has a namespace of its own.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
    const where = [boot, hostname(), readlinkSync('/proc/self/ns/pid'), clockNamespace()];
    const place = createHash('sha256').update(where.join('\0')).digest('hex').slice(0, 12);
    const mark = `${place}.${process.pid}.${lookUp(process.pid)?.began}`;
    return MARK.test(mark) ? mark : undefined;
  } catch {
    return undefined;
  }
}

/** When a process began is told as this namespace counts; kernels before 5.6 have none. */
function clockNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time');
  } catch {
    return '';
  }
}

/** `undefined`: it is not there, or hidden. */
function lookUp(pid: number): { readonly began: string | undefined; readonly isZombie: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program, in brackets, may hold whatever it likes; the state is the first field behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { began: fields[19], isZombie: fields[0] === 'Z' };
  } catch {
    return undefined;
  }
}
