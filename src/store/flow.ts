/**
 * What a connection takes of a request in so many milliseconds says nothing of the server: systems take some megabytes for
 * it, though nobody reads them.
 */
const TAKEN_AT_ONCE_MS = 10_000;

/** Whether anything flows: a number that grows while a server answers, or takes more of a body. */
export class Flow {
  readonly #takenAtOnceMs: number;
  #bytes = 0;

  constructor(takenAtOnceMs = TAKEN_AT_ONCE_MS) {
    this.#takenAtOnceMs = takenAtOnceMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Of an answer. */
  received(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * Of a body.
   *
   * @param sendingMs how long it has been sent for
   */
  taken(bytes: number, sendingMs: number): void {
    if (sendingMs >= this.#takenAtOnceMs) this.#bytes += bytes;
  }
}
