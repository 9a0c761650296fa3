import type { ListedObject } from '../model/objects.js';
import { type Flights, Lane, type ListedPage, listingError, type Strategy } from './listing.js';
import type { StoreError } from './object-store.js';

/** Whose level is asked for by `Delimiter`. */
interface Level {
  readonly prefix: string;
  /** Objects of the levels above it, up to the area's: they have no other directory than this one. */
  readonly above: number;
}

/** A level that was told whole. */
interface Split {
  readonly prefix: string;
  /** Of this level and of those above it. */
  readonly objects: number;
  readonly children: readonly Area[];
}

/**
 * A directory with all that is below it, listed by its lane or by what it is split into.
 *
 * - `whole`: by its lane; it may be split
 * - `asked`: by its lane; its level is asked for
 * - `ahead`: by its lane, and at the same time by its directories, whichever ends first
 * - `split`: by its directories alone
 * - `kept`: by its lane; splitting does not pay, or cannot be
 */
class Area {
  readonly lane: Lane;
  state: 'whole' | 'asked' | 'ahead' | 'split' | 'kept' = 'whole';
  level: Level;
  split: Split | undefined;
  /** What its lane told last; since its level was asked for. */
  recent: readonly ListedObject[] = [];
  /** What `#isWorthSplit` made of that. */
  isWorthSplit: boolean | undefined;
  /** Where its lane has come to, while it lists `ahead`. */
  current: Area | undefined;
  /** Keys that the lane above told of it. */
  seen = 0;

  constructor(lane: Lane) {
    this.lane = lane;
    this.level = { prefix: lane.prefix, above: 0 };
  }

  get isListed(): boolean {
    return this.lane.isEnded || this.split?.children.every((child) => child.isListed) === true;
  }

  /** Keys that are certainly there, each counted once. */
  get known(): number {
    const { keys, pages, isEnded } = this.lane;
    let known = keys + (pages > 0 && !isEnded ? 1 : 0);
    if (this.split !== undefined) {
      let inside = this.split.objects;
      for (const child of this.split.children) inside += Math.max(child.seen, child.known);
      known = Math.max(known, inside);
    }
    return known;
  }

  keep(): void {
    this.state = 'kept';
    this.split = undefined;
    this.recent = [];
  }

  /** Asks for the level of a directory next: everything else is listed, or is files of the levels above. */
  descend(prefix: string, above: number): void {
    this.state = 'whole';
    this.split = undefined;
    this.level = { prefix, above };
    this.isWorthSplit = undefined;
  }
}

interface Flight {
  readonly area: Area;
  /** The level that is asked for; absent: the next page of the area's lane. */
  readonly level?: Level;
}

/** Pages of the first lane before anything runs beside it: what is nearly done gains nothing by twice the requests. */
const FLAT_PAGES = 10;

/** Directories that hold less than this share of a page in the mean are not worth a request each. */
const WORTH_A_REQUEST = 0.25;

/** Directories of a level that may turn out so small before the others are left to the lane. */
const SMALL_DIRECTORIES = 32;

/**
 * A tree of directories. It begins with one lane, which alone would list everything. Beside it runs what may be quicker:
 * the level below is asked for by `Delimiter`, and its directories are listed from the last to the first. Once it is
 * certain that they end within twice the requests of the lane, the lane is left and all of them run at a time, each to
 * be split in its turn. No order of keys is relied upon: a level that is told whole names all there is.
 *
 * The bound. What remains to be listed is that of the lanes which are open in the tree, those that run ahead aside. Each
 * ends with at most one page that is not full, so they take at most the pages of all keys, less the full pages that such
 * lanes have brought, and one for each of them but one. `#isWithin` holds this and all requests so far below twice the
 * pages of the keys that are known.
 */
export class Areas implements Strategy {
  readonly #flights: Flights<Flight>;
  readonly #root: Area;
  #pageKeys = 1;
  #requests = 1;

  constructor(lane: Lane, first: ListedPage, flights: Flights<Flight>) {
    this.#flights = flights;
    this.#root = new Area(lane);
    this.#look(this.#root, first);
  }

  isDone(): boolean {
    return this.#root.isListed;
  }

  schedule(): void {
    const open = this.#openAreas();
    const begun = open.filter(({ lane }) => lane.pages > 0);
    const others = open.filter(({ lane }) => lane.pages === 0);
    for (const area of [...begun, ...others]) {
      if (this.#flights.isFull) return;
      if (!area.lane.isInFlight) this.#list(area);
    }
    if (this.#root.lane.pages < FLAT_PAGES) return;
    for (const area of open) {
      while (!this.#flights.isFull && this.#isWithin(1)) {
        const ahead = nextAhead(area);
        if (ahead !== undefined) this.#list(ahead);
        else if (area.state === 'whole' && this.#isWorthSplit(area)) this.#ask(area);
        else break;
      }
    }
  }

  async next(): Promise<readonly ListedObject[]> {
    const { flight, answer } = await this.#flights.landed();
    const { area, level } = flight;
    if (level === undefined) area.lane.isInFlight = false;
    if (answer instanceof Error) {
      this.#fallBack(flight, answer);
      return [];
    }
    this.#pageKeys = Math.max(this.#pageKeys, answer.objects.length + answer.prefixes.length);
    if (level === undefined) {
      area.lane.take(answer);
      this.#look(area, answer);
    } else {
      this.#split(area, level, answer);
    }
    this.#settle();
    return answer.objects;
  }

  /**
   * A policy or a server may allow the listing and nothing below or beside it: whatever fails there is left to the lane
   * that the listing began with. What fails in that lane fails the listing, as do lies and the end of the run.
   */
  #fallBack({ area, level }: Flight, error: StoreError): void {
    const isNeeded = area === this.#root && level === undefined && area.state !== 'split';
    const isFinal = error.kind === 'fatal' || error.kind === 'aborted' || error.code === 'InvalidListing';
    if (isNeeded || isFinal) throw error;
    this.#root.keep();
  }

  #list(area: Area): void {
    area.lane.isInFlight = true;
    this.#requests++;
    this.#flights.send({ area }, area.lane.request());
  }

  #ask(area: Area): void {
    const { level } = area;
    area.state = 'asked';
    this.#requests++;
    this.#flights.send({ area, level }, { prefix: level.prefix, delimiter: '/' });
  }

  /** The areas whose lanes are needed. */
  #openAreas(): readonly Area[] {
    const open: Area[] = [];
    const add = (area: Area): void => {
      if (area.isListed) return;
      if (area.state === 'split') area.split?.children.forEach(add);
      else open.push(area);
    };
    add(this.#root);
    return open;
  }

  /** Whether the listing ends within its bound, whatever comes, after so many more requests that may be for nothing. */
  #isWithin(more: number): boolean {
    const open = this.#openAreas();
    const inFlight = open.filter(({ lane }) => lane.isInFlight).length;
    const worst = this.#requests + more - inFlight + Math.max(0, open.length - 1);
    const { known } = this.#root;
    return worst <= Math.ceil(known / this.#pageKeys) + Math.floor(neededKeys(this.#root) / this.#pageKeys);
  }

  /** Takes note of a page of a lane. */
  #look(area: Area, { objects }: ListedPage): void {
    this.#pageKeys = Math.max(this.#pageKeys, objects.length);
    switch (area.state) {
      case 'whole':
        area.recent = objects;
        area.isWorthSplit = undefined;
        return;
      case 'asked':
        area.recent = [...area.recent, ...objects];
        return;
      case 'ahead':
        // A directory that its level did not name: the level was not told whole, or somebody made it since.
        if (!countSeen(area, objects)) area.keep();
        return;
      case 'split':
      case 'kept':
        return;
    }
  }

  /** By what the lane told last: whether a directory of the level that would be asked for is worth a request. */
  #isWorthSplit(area: Area): boolean {
    if (area.isWorthSplit !== undefined) return area.isWorthSplit;
    const directories = new Set<string>();
    let inside = 0;
    forEachDirectory(area.recent, area.level.prefix, (directory) => {
      directories.add(directory);
      inside++;
    });
    area.isWorthSplit = inside > 0 && inside >= directories.size * this.#pageKeys * WORTH_A_REQUEST;
    return area.isWorthSplit;
  }

  #split(area: Area, { prefix, above }: Level, { objects, prefixes, next }: ListedPage): void {
    for (const directory of prefixes) {
      if (directoryOf(directory, prefix) !== directory)
        throw listingError(`the directory ${JSON.stringify(directory)} outside the level`);
    }
    if (area.state !== 'asked') return;
    const names = [...new Set(prefixes)];
    const [only] = names;
    const isLevel = objects.every(({ key }) => directoryOf(key, prefix) === undefined);
    // A level of more than a page has more directories than pages, or files alone.
    if (next !== undefined || !isLevel || only === undefined) {
      area.keep();
      return;
    }
    const told = above + objects.length;
    if (names.length === 1) {
      area.descend(only, told);
      return;
    }
    const children = names.map((name) => new Area(new Lane(name)));
    area.split = { prefix, objects: told, children };
    area.state = 'ahead';
    const { recent } = area;
    area.recent = [];
    if (!countSeen(area, recent)) area.keep();
  }

  /** Leaves lanes that are not needed any more, and splits that do not pay. */
  #settle(): void {
    for (const area of this.#openAreas()) {
      if (area.state !== 'ahead' || area.split === undefined) continue;
      const { children, objects } = area.split;
      const [left, ...more] = children.filter(({ isListed }) => !isListed);
      if (left !== undefined && left === area.current && left.lane.pages === 0 && more.length === 0) {
        const others = children.reduce((sum, { lane }) => sum + lane.keys, objects);
        area.descend(left.lane.prefix, others);
        continue;
      }
      // That directories can be listed at all is known with the first one.
      if (children.every(({ lane }) => lane.pages === 0)) continue;
      area.state = 'split';
      if (this.#isWithin(0)) continue;
      area.state = 'ahead';
      const ended = children.filter(({ lane }) => lane.isEnded);
      const keys = ended.reduce((sum, { lane }) => sum + lane.keys, 0);
      const isSmall = keys < ended.length * this.#pageKeys * WORTH_A_REQUEST;
      if (ended.length >= SMALL_DIRECTORIES && isSmall) area.keep();
    }
  }
}

/** Keys that lanes which are needed have told, and the levels above them. */
function neededKeys({ state, split, lane }: Area): number {
  if (state !== 'split' || split === undefined) return lane.keys;
  return split.children.reduce((sum, child) => sum + neededKeys(child), split.objects);
}

/**
 * Which directory is listed next beside the lane: one that has begun, else the last one, where the lane comes last. Not
 * the one where the lane is.
 */
function nextAhead({ state, split, current }: Area): Area | undefined {
  if (state !== 'ahead' || split === undefined) return undefined;
  const isFree = (area: Area): boolean =>
    !area.lane.isEnded && !area.lane.isInFlight && (area !== current || area.lane.pages > 0);
  const { children } = split;
  return (
    children.findLast((child) => isFree(child) && child.lane.pages > 0) ??
    children.findLast((child) => isFree(child))
  );
}

/** Counts what a lane told for the directories it lies in; `false`: one of them is not among those of the level. */
function countSeen(area: Area, objects: readonly ListedObject[]): boolean {
  if (area.split === undefined) return false;
  const { prefix, children } = area.split;
  const byName = new Map(children.map((child) => [child.lane.prefix, child]));
  let isWhole = true;
  forEachDirectory(objects, prefix, (directory) => {
    const child = byName.get(directory);
    if (child === undefined) {
      isWhole = false;
      return;
    }
    child.seen++;
    area.current = child;
  });
  return isWhole;
}

/** Tells for each object below a level in which directory of it. */
function forEachDirectory(
  objects: readonly ListedObject[],
  prefix: string,
  tell: (directory: string) => void,
): void {
  let last: string | undefined;
  for (const { key } of objects) {
    // Mostly the one of the key before.
    if (last === undefined || !key.startsWith(last)) last = directoryOf(key, prefix);
    if (last !== undefined) tell(last);
  }
}

/** The directory of a level in which a key lies, with its slash; `undefined`: in none, or elsewhere. */
function directoryOf(key: string, prefix: string): string | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const end = key.indexOf('/', prefix.length);
  return end === -1 ? undefined : key.slice(0, end + 1);
}
