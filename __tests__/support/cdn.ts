import { covers } from '../../src/model/invalidation.js';
import type { InvalidationOptions } from '../../src/model/options.js';
import { type Invalidator, StoreError, type StoreErrorKind } from '../../src/store/object-store.js';

/** A distribution in memory: what readers cached, what it was told, and what goes wrong when it is. */
export class Cdn implements Invalidator {
  /** What was created, in order. */
  readonly told: { readonly paths: readonly string[]; readonly reference: string }[] = [];
  /** What readers have, by path. */
  readonly cached = new Map<string, unknown>();
  /** Thrown by the next calls to `create`, before they take effect. */
  readonly failures: unknown[] = [];
  /** Called when an invalidation took effect, before anyone hears of it; may throw. */
  onCreated: () => void = () => undefined;
  /** Questions until an invalidation is complete. */
  questions = 0;

  constructor(readonly distribution = 'E2EXAMPLE') {}

  async create(paths: readonly string[], reference: string): Promise<{ readonly id: string }> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.told.push({ paths, reference });
    for (const cached of this.cached.keys()) {
      if (paths.some((path) => covers(path, cached))) this.cached.delete(cached);
    }
    this.onCreated();
    return { id: `I${this.told.length}` };
  }

  async isDone(): Promise<boolean> {
    return this.questions-- <= 0;
  }

  /** The paths of each invalidation. */
  get paths(): readonly (readonly string[])[] {
    return this.told.map(({ paths }) => paths);
  }
}

export function refused(kind: StoreErrorKind, code: string, message = code): StoreError {
  return new StoreError(kind, code, kind === 'denied' ? 403 : 400, 'CreateInvalidation', message);
}

export function invalidation(changes: Partial<InvalidationOptions> = {}): InvalidationOptions {
  return {
    distribution: 'E2EXAMPLE',
    newKeys: false,
    mapping: { stripPrefix: 'p/', addPrefix: '' },
    maxPaths: 3,
    wait: false,
    ...changes,
  };
}
