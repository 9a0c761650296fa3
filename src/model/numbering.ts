/** Numbers texts from 0 in the order in which they are met, so that a column of numbers can stand for them. */
export class Numbering {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  /** By their numbers. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.push(text) - 1;
    this.#numbers.set(text, number);
    return number;
  }
}
