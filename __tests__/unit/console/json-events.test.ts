import { expect, test } from '@jest/globals';
import { eventToJson } from '../../../src/console/json-events.js';
import { ended, outcome, upload } from './fixtures.js';

test('an event is one line; big integers and paths of this machine stay at home', () => {
  const line = eventToJson(outcome(upload('p/a\nb', 5)));
  expect(line).not.toContain('\n');
  expect(line).not.toContain('/tree/');
  expect(JSON.parse(line).outcome.step.file).toEqual({ name: 'p/a\nb', size: 5 });
});

test('a name in it is no command to a runner (R9), and the same name to a program', () => {
  const key = 'p/###[error]a##vso[task.setvariable]##b';
  const line = eventToJson(outcome(upload(key, 5)));
  expect(line).not.toMatch(/##\w*\[/);
  expect(JSON.parse(line).outcome.step.key).toBe(key);
});

test('the end has what a program wants to know', () => {
  expect(JSON.parse(eventToJson(ended({ exit: 5, status: 'failed' })))).toMatchObject({
    type: 'end',
    exit: 5,
    status: 'failed',
    totals: { uploaded: { files: 0, bytes: 0 } },
  });
});
