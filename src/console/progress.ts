import type { Event, PhaseName, Progress } from '../model/events.js';
import { formatBytes, formatCount, formatFiles, formatPercent, formatRate, formatSeconds } from './format.js';

/** What is going on, in a word. */
function phaseWord(phase: PhaseName, dryRun: boolean): string {
  switch (phase) {
    case 'walk':
      return 'Finding files';
    case 'list':
      return 'Listing';
    case 'encode':
      return 'Compressing';
    case 'digest':
      return 'Hashing';
    case 'plan':
      return 'Planning';
    case 'read':
      return 'Reading back';
    case 'execute':
      return dryRun ? 'Planning' : 'Publishing';
    case 'fetch':
      return dryRun ? 'Planning' : 'Downloading';
    case 'index':
      return 'Writing the index';
  }
}

/** Share done, by bytes where they are known (a large file is not one of a thousand), else by files. */
function shareDone(progress: Progress): number | undefined {
  const { files, filesTotal, bytes, bytesTotal } = progress;
  if (bytesTotal !== undefined && bytesTotal > 0) return Math.min(1, bytes / bytesTotal);
  return filesTotal === undefined || filesTotal === 0 ? undefined : Math.min(1, files / filesTotal);
}

/** One line for those who cannot see a bar. `seconds` is the time since the phase began. */
export function progressLine(progress: Progress, seconds: number, dryRun: boolean): string {
  const { files, filesTotal, bytes, bytesTotal } = progress;
  const share = shareDone(progress);
  const parts: string[] = [];
  if (filesTotal !== undefined) parts.push(`${formatCount(files)} of ${formatCount(filesTotal)} files`);
  else if (files > 0 || bytesTotal === undefined) parts.push(formatFiles(files));
  if (bytesTotal !== undefined && bytesTotal > 0) {
    parts.push(`${formatBytes(bytes)} of ${formatBytes(bytesTotal)} (${formatPercent(bytes, bytesTotal)})`);
  } else if (bytes > 0) parts.push(formatBytes(bytes));
  if (bytes > 0 && seconds >= 1) parts.push(formatRate(bytes, seconds));
  const left = secondsLeft(share, seconds);
  if (left !== undefined) parts.push(`about ${formatSeconds(left)} left`);
  return `${phaseWord(progress.phase, dryRun)}: ${parts.join(', ')}`;
}

/** No guess before there is something to guess from. */
function secondsLeft(share: number | undefined, seconds: number): number | undefined {
  if (share === undefined || share < 0.02 || share >= 1 || seconds < 3) return undefined;
  return Math.max(1, Math.round((seconds * (1 - share)) / share));
}

/** Of several destinations the first one's alone: two would only flicker. */
export function firstProgress(show: (progress: Progress) => void): (event: Event) => void {
  let shownAt: string | undefined;
  return (event) => {
    if (event.type !== 'progress') return;
    const { at = '' } = event;
    shownAt ??= at;
    if (at === shownAt) show(event.progress);
  };
}

/** Shows how far a run is. */
export interface ProgressView {
  show(progress: Progress): void;
  /** Makes room for a line of the log. */
  clear(): void;
  /** Nothing more will come. */
  stop(): void;
}

/** A line every few seconds: for pipes and logs. Nothing for a run that is over before that. */
export function lineProgress(
  print: (line: string) => void,
  everyMs: number,
  now: () => number,
  dryRun: boolean,
): ProgressView {
  let phase: PhaseName | undefined;
  let phaseBegan = now();
  let printed = now();
  return {
    show(progress) {
      const time = now();
      if (progress.phase !== phase) {
        phase = progress.phase;
        phaseBegan = time;
      }
      if (time - printed < everyMs) return;
      printed = time;
      print(progressLine(progress, (time - phaseBegan) / 1000, dryRun));
    },
    clear() {},
    stop() {},
  };
}

/** What `cli-progress` is asked for here. */
interface Bar {
  start(total: number, value: number, payload: { readonly text: string }): void;
  update(value: number, payload: { readonly text: string }): void;
  stop(): void;
}

/** A bar on a terminal. It takes the last line of the screen and leaves nothing behind. */
export async function barProgress(
  stream: NodeJS.WriteStream,
  now: () => number,
  dryRun: boolean,
): Promise<ProgressView> {
  const { default: progressBars } = await import('cli-progress');
  const bar: Bar = new progressBars.SingleBar({
    stream,
    format: '{bar} {text}',
    barsize: 20,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: false,
    clearOnComplete: true,
    linewrap: false,
    fps: 8,
  });
  let phase: PhaseName | undefined;
  let phaseBegan = now();
  let running = false;
  return {
    show(progress) {
      const time = now();
      if (progress.phase !== phase) {
        phase = progress.phase;
        phaseBegan = time;
      }
      const share = shareDone(progress) ?? 0;
      const text = progressLine(progress, (time - phaseBegan) / 1000, dryRun);
      // The bar's own numbers are not used: they know nothing of bytes and files at once.
      if (running) bar.update(Math.round(share * 1000), { text });
      else {
        bar.start(1000, Math.round(share * 1000), { text });
        running = true;
      }
    },
    clear() {
      if (!running) return;
      bar.stop();
      running = false;
    },
    stop() {
      if (running) bar.stop();
      running = false;
    },
  };
}
