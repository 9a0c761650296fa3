import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Module {
  readonly name?: string;
  readonly size: number;
  readonly chunks?: readonly unknown[];
  /** Of one that was put together out of several. */
  readonly modules?: readonly Module[];
}

/** What ncc says of a bundle. */
export interface Stats {
  toJson(options: Readonly<Record<string, unknown>>): { readonly modules: readonly Module[] };
}

export interface Bundled {
  /** Bytes of our own sources. */
  readonly own: number;
  /** Bytes of each package's sources, by its path in the lock file, as `node_modules/a/node_modules/b`. */
  readonly packages: ReadonlyMap<string, number>;
}

/** What a bundle is made of. */
export function bundledBy(stats: Stats): Bundled {
  let own = 0;
  const packages = new Map<string, number>();
  const add = (modules: readonly Module[]): void => {
    for (const { name = '', size, modules: parts } of modules) {
      if (parts !== undefined) {
        add(parts);
        continue;
      }
      const path = /(?:^|\/)(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)/.exec(name)?.[1];
      if (path === undefined) own += size;
      else packages.set(path, (packages.get(path) ?? 0) + size);
    }
  };
  const unbounded = { modulesSpace: Number.POSITIVE_INFINITY, nestedModulesSpace: Number.POSITIVE_INFINITY };
  const { modules } = stats.toJson({ ids: true, ...unbounded });
  // What webpack put together with others is listed for itself as well, in no chunk.
  add(modules.filter(({ chunks = [] }) => chunks.length > 0));
  return { own, packages };
}

/**
 * The licences of what a bundle holds. ncc's own list leaves out the packages that it put together with our files.
 *
 * @param root of the repository
 */
export async function licencesOf({ packages }: Bundled, root: string): Promise<string> {
  const texts = new Map<string, string>();
  for (const path of packages.keys()) {
    const { name, license } = JSON.parse(await readFile(join(root, path, 'package.json'), 'utf8')) as {
      readonly name: string;
      readonly license: string;
    };
    const files = (await readdir(join(root, path)))
      .filter((file) => /^(licen[cs]e|copying)/i.test(file))
      .sort();
    const [file] = files;
    const text = file === undefined ? '' : await readFile(join(root, path, file), 'utf8');
    texts.set(name, `${name}\n${license}\n${text.replace(/\r\n/g, '\n').trim()}\n`);
  }
  return [...texts.keys()]
    .sort()
    .map((name) => texts.get(name))
    .join('\n');
}
