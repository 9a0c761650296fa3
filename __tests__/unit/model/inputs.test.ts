import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { derivedFiles, withTables } from '../../../dev/generate.js';
import { INPUT_NAMES, inputDefinition, OUTPUT_NAMES, WORD_NAMES } from '../../../src/model/inputs.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

describe('what is derived is current: npm run generate', () => {
  test('every derived file', async () => {
    for (const [path, text] of await derivedFiles(root)) {
      expect([path, await readFile(join(root, path), 'utf8')]).toEqual([path, text]);
    }
  });

  test('a README gets its tables between markers, and is left alone without them', () => {
    const text = 'a\n<!-- inputs -->\nOLD TABLE\n<!-- /inputs -->\nb\n<!-- outputs --><!-- /outputs -->\n';
    const filled = withTables(text);
    expect(filled).toMatch(
      /^a\n<!-- inputs -->\n\| input \|[\s\S]*\| `paths` \|[\s\S]*<!-- \/inputs -->\nb\n<!-- outputs -->\n\| output/,
    );
    expect(withTables(filled)).toBe(filled);
    expect(filled).not.toContain('OLD');
    expect(withTables('# none')).toBe('# none');
  });
});

describe('the definitions', () => {
  test.each(INPUT_NAMES)('%s is whole', (name) => {
    const { description, kind, values, default: fallback } = inputDefinition(name);
    expect(description).toMatch(/^[A-Z][^\n]*\.$/);
    if (kind === 'enum') expect(values?.length).toBeGreaterThan(1);
    if (kind === 'enum' && fallback !== undefined) expect(values).toContain(fallback);
    if (kind === 'boolean' && fallback !== undefined) expect(['true', 'false']).toContain(fallback);
  });

  test('their names and options are a promise, kept by this list', () => {
    const options = INPUT_NAMES.flatMap((name) => {
      const { option, only } = inputDefinition(name);
      return only === 'action' ? [] : [option ?? name];
    });
    expect(new Set(options).size).toBe(options.length);
    expect(INPUT_NAMES.join(' ')).toBe(
      'command paths root excludes excludes-from include-git symlinks if-no-files-found source destination local-duplicates as-stored bucket prefix whole-bucket mirrors mirror-by mirrors-atomic delay-updates publish-last lock abort-uploads-after delete-after max-delete delete-excluded delete-grace retain copy-from copy-min-size overwrite sse kms-key-id storage-class acl preserve headers headers-file headers-defaults refresh-headers redirects-file compress clean-urls invalidate invalidate-strip-prefix invalidate-prefix invalidate-max-paths invalidate-wait plan-file shard results abort index report summary summary-title dry-run read log-level region endpoint-url force-path-style profile role-to-assume audience role-session-name role-duration-seconds allowed-account-ids expected-bucket-owner requester-pays concurrency max-attempts connect-timeout read-timeout',
    );
    expect(OUTPUT_NAMES.join(' ')).toBe(
      'status changed uploaded-files uploaded-bytes downloaded-files downloaded-bytes linked-files copied-files copied-bytes unchanged-files unchanged-bytes refreshed-files deleted-files deleted-bytes failed-files delayed invalidation-id requests report summary-file',
    );
    expect([...WORD_NAMES].sort().join(' ')).toBe(
      'acl allowed-account-ids endpoint-url expected-bucket-owner force-path-style invalidate kms-key-id max-delete profile region requester-pays role-to-assume sse storage-class whole-bucket',
    );
  });
});
