import type { LogLevel } from '../model/options.js';
import type { LogLine } from './log.js';
import { oneLine } from './text.js';

/** Takes lines; where they go is its own matter. */
export type LogSink = (lines: readonly LogLine[]) => void;

const RANK: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** Whether a line of `level` is shown when `wanted` was asked for. */
export function isShown(level: LogLevel, wanted: LogLevel): boolean {
  return RANK[level] <= RANK[wanted];
}

/** By which a message is shown or not. */
export const MESSAGE_LEVELS = { error: 'error', warning: 'warn', notice: 'info', debug: 'debug' } as const;

/** The level that decides whether a line is shown. */
export function levelOf(line: LogLine): LogLevel {
  switch (line.kind) {
    case 'line':
      return line.level;
    case 'annotation':
      return MESSAGE_LEVELS[line.level];
    case 'group':
    case 'group-end':
      return 'info';
  }
}

/**
 * The command line's log. What was done goes to `out`, as with rsync and s5cmd, so that it can be piped and kept;
 * warnings, errors and debugging go to `err`.
 */
export function consoleSink(
  out: (line: string) => void,
  err: (line: string) => void,
  wanted: LogLevel,
): LogSink {
  return (lines) => {
    for (const line of lines) {
      if (!isShown(levelOf(line), wanted)) continue;
      switch (line.kind) {
        case 'line':
        case 'annotation':
          if (levelOf(line) === 'info') out(oneLine(line.text));
          else err(oneLine(`${line.level}: ${line.text}`));
          break;
        case 'group':
          out(oneLine(line.text));
          break;
        case 'group-end':
          break;
      }
    }
  };
}
