import type { Event } from '../model/events.js';
import { withoutCommands } from './text.js';

/** An event as one line of JSON: big integers as decimal text, a local file as its name and size alone. */
export function eventToJson(event: Event): string {
  const json = JSON.stringify(event, (_key, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    return isLocalFile(value) ? { name: value.name, size: value.size } : value;
  });
  return withoutCommands(json);
}

function isLocalFile(value: unknown): value is { readonly name: string; readonly size: number } {
  return typeof value === 'object' && value !== null && 'name' in value && 'size' in value && 'ino' in value;
}
