import { expect, test } from '@jest/globals';
import { outputsOf } from '../../../src/sync/manifests.js';

test('a manifest of Vite names files, styles and assets by their source; a shared chunk by its name, else its key', () => {
  const manifest = {
    'src/main.ts': {
      file: 'main-4a1b2c3d.js',
      src: 'src/main.ts',
      css: ['main-5d6e7f80.css'],
      assets: ['a.png'],
    },
    _shared: { file: 'shared-11aa22bb.js', name: 'shared' },
    '_nameless-33cc44dd.js': { file: 'nameless-33cc44dd.js' },
  };
  expect([...outputsOf(manifest)]).toEqual([
    { source: 'src/main.ts', output: 'main-4a1b2c3d.js' },
    { source: 'src/main.ts', output: 'main-5d6e7f80.css' },
    { source: 'src/main.ts', output: 'a.png' },
    { source: 'shared', output: 'shared-11aa22bb.js' },
    { source: '_nameless-33cc44dd.js', output: 'nameless-33cc44dd.js' },
  ]);
});

test.each<readonly [string, unknown]>([
  ['a list', [{ file: 'a.js' }]],
  ['a text', 'a.js'],
  ['nothing', null],
  ['what has no file', { a: 'a.js', b: null, c: { file: 1 }, d: ['x'] }],
  ['files that are no names', { files: { a: 1, b: null, c: ['c.js'] } }],
])('%s vouches for nothing', (_, manifest) => {
  expect([...outputsOf(manifest)]).toEqual([]);
});

test('names among what is none are taken', () => {
  expect([...outputsOf({ files: { 'a.js': 'a.1.js', b: 1 } })]).toEqual([
    { source: 'a.js', output: 'a.1.js' },
  ]);
  const chunk = { file: 'a.js', src: 'a.ts', css: [1, 'a.css', null], assets: 'a.png' };
  expect([...outputsOf({ a: chunk })].map(({ output }) => output)).toEqual(['a.js', 'a.css']);
});
