import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { removeTree, temporaryDirectory } from '../support/tree.js';

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');

test('the release packs a package.json that names the repository which publishes it, as npm wants for provenance', async () => {
  const workflow = readFileSync(join(repository, '.github/workflows/release.yml'), 'utf8');
  const [, script = ''] =
    /names its repository\n {8}run: \|\n((?: {10}.*\n)+) {6}- run: npm pack\n/.exec(workflow) ?? [];
  expect(script).not.toBe('');
  const root = await temporaryDirectory();
  try {
    copyFileSync(join(repository, 'package.json'), join(root, 'package.json'));
    execFileSync('bash', ['-e', '-c', script], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        HOME: root,
        GITHUB_SERVER_URL: 'https://github.com',
        GITHUB_REPOSITORY: 'Some-Owner/s3-dedup-sync',
      },
    });
    const before = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).toEqual({
      ...before,
      homepage: 'https://github.com/Some-Owner/s3-dedup-sync#readme',
      repository: { type: 'git', url: 'git+https://github.com/Some-Owner/s3-dedup-sync.git' },
    });
  } finally {
    await removeTree(root);
  }
});
