import * as core from '@actions/core';
import type { LogCommands } from './log-events.js';

/** What of @actions/core the two steps need. */
export interface ActionCommands extends LogCommands {
  setOutput(name: string, value: string): void;
  setFailed(message: string): void;
  saveState(name: string, value: string): void;
  getState(name: string): string;
  setSecret(secret: string): void;
  getIDToken(audience?: string): Promise<string>;
}

export const actionCommands: ActionCommands = core;
