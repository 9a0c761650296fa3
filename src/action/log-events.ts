import type { LogLine } from '../console/log.js';
import { isShown, type LogSink, levelOf } from '../console/sink.js';
import { oneLine } from '../console/text.js';
import type { LogLevel } from '../model/options.js';

/** What of @actions/core the log needs. */
export interface LogCommands {
  info(message: string): void;
  debug(message: string): void;
  notice(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  startGroup(name: string): void;
  endGroup(): void;
  isDebug(): boolean;
}

/** GitHub shows ten annotations of a level a step. The tenth error is the one line that fails the step. */
const ANNOTATIONS: Readonly<Record<'error' | 'warning' | 'notice', number>> = {
  error: 9,
  warning: 10,
  notice: 10,
};

/** The action's log: groups that fold, annotations as long as GitHub shows them, and plain lines after that. */
export function actionSink(commands: LogCommands, wanted: LogLevel): LogSink {
  const left = { ...ANNOTATIONS };
  const level: LogLevel = commands.isDebug() ? 'debug' : wanted;

  function annotate(line: Extract<LogLine, { kind: 'annotation' }>, text: string): void {
    if (left[line.level] === 0) {
      commands.info(`${line.level}: ${text}`);
      return;
    }
    left[line.level]--;
    commands[line.level](text);
  }

  return (lines) => {
    for (const line of lines) {
      if (!isShown(levelOf(line), level)) continue;
      switch (line.kind) {
        case 'line':
          if (line.level === 'debug' && commands.isDebug()) commands.debug(oneLine(line.text));
          // Without the runner's debug logging, debug commands are hidden; `log-level: debug` asked for them.
          else commands.info(oneLine(line.level === 'info' ? line.text : `${line.level}: ${line.text}`));
          break;
        case 'annotation':
          annotate(line, oneLine(line.text));
          break;
        case 'group':
          commands.startGroup(oneLine(line.text));
          break;
        case 'group-end':
          commands.endGroup();
          break;
      }
    }
  };
}
