import { beforeEach, expect, jest, test } from '@jest/globals';

const unknown = (): string => {
  throw Object.assign(new Error('uv_os_homedir returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' });
};
const system = { home: unknown, entry: unknown };

jest.unstable_mockModule('node:os', () => ({
  homedir: () => system.home(),
  userInfo: () => ({ homedir: system.entry() }),
}));
const { homeDirectories, homeDirectory } = await import('../../../src/disk/home-directory.js');

beforeEach(() => {
  system.home = unknown;
  system.entry = unknown;
});

test('HOME and the entry of the user may name two homes', () => {
  system.home = () => '/github/home';
  system.entry = () => '/root';
  expect([homeDirectory(), homeDirectories()]).toEqual(['/github/home', ['/github/home', '/root']]);
});

test('an empty HOME is none, and the entry of the user counts all the same', () => {
  system.home = () => '';
  system.entry = () => '/root';
  expect([homeDirectory(), homeDirectories()]).toEqual([undefined, ['/root']]);
});

test('a user id that the system does not know has no home', () => {
  expect([homeDirectory(), homeDirectories()]).toEqual([undefined, []]);
});
