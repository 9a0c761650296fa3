import type { PlanPolicy } from '../../src/sync/plan.js';
import { publishOrder } from '../../src/sync/ranks.js';

/** Sends what there is, and deletes nothing. */
export const KEEP: PlanPolicy = {
  order: publishOrder(['default']),
  send: 'upload',
  again: 'copy',
  delay: false,
  canStage: true,
  retained: () => false,
  grace: () => 'due',
  copyMinSize: 0,
  deleteAfter: false,
  deleteExcluded: false,
  excluded: () => false,
  skipped: () => false,
  hasDirectory: () => false,
};
