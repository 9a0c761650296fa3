import { classifyETag } from '../model/digest.js';
import {
  type DigestIndex,
  formatLayout,
  layoutParts,
  layoutSize,
  type PartRun,
  parseLayout,
  uniformLayout,
} from '../model/digest-index.js';
import type { ListedObject, LocalFile } from '../model/objects.js';
import { candidatePartSizes, isLarge, ownLayout } from '../model/part-sizes.js';

/** Part layouts to recompute for files of one size, each once; `undefined`: its objects were written in one piece. */
type Layouts = Map<string, readonly PartRun[]> | undefined;

/** Sizes of listed objects, each with the part layouts that its multipart ETags may come from. */
export class ListedSizes {
  readonly #index: DigestIndex | undefined;
  readonly #sizes = new Map<number, Layouts>();

  /** @param index knows the layouts of objects that earlier runs met */
  constructor(index: DigestIndex | undefined) {
    this.#index = index;
  }

  add({ key, size, etag }: ListedObject): void {
    const before = this.#sizes.get(size);
    const kind = size === 0 ? undefined : classifyETag(etag);
    if (kind?.kind !== 'multipart') {
      this.#sizes.set(size, before);
      return;
    }
    const layouts = before ?? new Map<string, readonly PartRun[]>();
    this.#sizes.set(size, layouts);
    const remembered = this.#index?.objects.get(key);
    const layout = remembered?.etag === etag ? parseLayout(remembered.parts ?? '') : undefined;
    if (layout !== undefined && layoutSize(layout) === size && layoutParts(layout) === kind.parts) {
      layouts.set(formatLayout(layout), layout);
      return;
    }
    for (const partSize of candidatePartSizes(size, kind.parts)) {
      const candidate = uniformLayout(size, partSize);
      layouts.set(formatLayout(candidate), candidate);
    }
  }

  has(size: number): boolean {
    return this.#sizes.has(size);
  }

  /** Whether the MD5 of the whole is all that there is to know of a file of this size. */
  asksWhole(size: number): boolean {
    return !isLarge(size) && this.#sizes.get(size) === undefined;
  }

  /** What to recompute for a file. Our own layout first, whose part digests the upload needs. */
  layoutsOf({ size }: LocalFile): readonly (readonly PartRun[])[] {
    const others = this.#sizes.get(size);
    if (!isLarge(size)) return others === undefined ? NONE : [...others.values()];
    const own = ownLayout(size);
    const ownText = formatLayout(own);
    return [own, ...[...(others ?? [])].filter(([text]) => text !== ownText).map(([, layout]) => layout)];
  }
}

const NONE: readonly (readonly PartRun[])[] = [];
