import type { ListedObject } from './objects.js';

/** What something is known of, whichever JavaScript object stands for it. */
export interface ReadonlyObjectMap<V> extends Iterable<readonly [ListedObject, V]> {
  readonly size: number;
  get(object: ListedObject): V | undefined;
  has(object: ListedObject): boolean;
}

/** By all that tells objects apart: a `Listing` makes an object anew each time, and two listings may show two states of one key. */
export class ObjectMap<V> implements ReadonlyObjectMap<V> {
  readonly #entries = new Map<string, readonly [ListedObject, V]>();

  constructor(...entries: readonly Iterable<readonly [ListedObject, V]>[]) {
    for (const some of entries) for (const [object, value] of some) this.set(object, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(object: ListedObject): V | undefined {
    return this.size === 0 ? undefined : this.#entries.get(idOf(object))?.[1];
  }

  has(object: ListedObject): boolean {
    return this.size > 0 && this.#entries.has(idOf(object));
  }

  set(object: ListedObject, value: V): void {
    this.#entries.set(idOf(object), [object, value]);
  }

  delete(object: ListedObject): void {
    this.#entries.delete(idOf(object));
  }

  [Symbol.iterator](): Iterator<readonly [ListedObject, V]> {
    return this.#entries.values();
  }
}

function idOf({ bucket, etag, size, key }: ListedObject): string {
  return `${bucket?.name ?? ''}\n${etag}\n${size}\n${key}`;
}
