import { setFlagsFromString } from 'node:v8';

/** Below it the collections that it takes cost a short run more time than they save memory. */
const MANY_FILES = 50_000;

/**
 * How much the heap may grow beyond what was alive in it, before it is collected again. By itself V8 lets it grow to as
 * much as four times that, and most of it is garbage then: of 200,000 unchanged files a run keeps 12 MiB alive.
 */
const GROWING_PERCENT = 100;

/**
 * Told how many files a run has to do with so far. Of many the heap is kept small, for the whole process and its threads:
 * 200,000 take 200 MiB in place of 240, in the same time.
 */
export function keepHeapSmall(files: number): void {
  if (files >= MANY_FILES) setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
}
