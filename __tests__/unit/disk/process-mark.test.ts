import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { hasProcessEnded, processMark } from '../../../src/disk/process-mark.js';
import { beganOf } from '../../support/processes.js';

const onLinux = process.platform === 'linux' ? test : test.skip;

function own(): readonly [string, string, string] {
  const [place, pid, began] = processMark().split('.');
  return [place ?? '', pid ?? '', began ?? ''];
}

async function ended(child: ChildProcess): Promise<void> {
  const end = once(child, 'exit');
  child.kill('SIGKILL');
  await end;
}

onLinux('a process runs until it was killed, and its number is not its successor’s', async () => {
  const [place, pid, began] = own();
  expect({ pid, began }).toEqual({ pid: `${process.pid}`, began: beganOf(process.pid) });
  expect(hasProcessEnded(`${place}.${pid}.${began}`)).toBe(false);
  expect(hasProcessEnded(`${place}.${pid}.${Number(began) - 1}`)).toBe(true);
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const mark = `${place}.${child.pid}.${beganOf(child.pid!)}`;
  expect(hasProcessEnded(mark)).toBe(false);
  await ended(child);
  expect(hasProcessEnded(mark)).toBe(true);
});

onLinux('of another machine, container or boot nothing is known, nor where this one has no mark', () => {
  const [place, , began] = own();
  const other = place.replace(/./g, (digit) => (digit === '0' ? '1' : '0'));
  expect(hasProcessEnded(`${other}.${process.pid}.${began}`)).toBeUndefined();
  expect(hasProcessEnded(`${other}.4194304.1`)).toBeUndefined();
  expect(hasProcessEnded(`${place}.${process.pid}.1`, `${other}.${process.pid}.${began}`)).toBeUndefined();
  expect(hasProcessEnded(`${place}.4194304.1`)).toBe(true);
});

test.each(['', 'x', '000000000000.0.1', '000000000000.-1.1', '000000000000.1.', '000000000000.1.1.1'])(
  'what is no mark says nothing: %j',
  (mark) => {
    expect(hasProcessEnded(mark, mark)).toBeUndefined();
    expect(hasProcessEnded(mark)).toBeUndefined();
  },
);

onLinux('a number that no process can have is nobody’s to ask for', () => {
  const [place] = own();
  expect(hasProcessEnded(`${place}.9999999999.1`)).toBeUndefined();
});
