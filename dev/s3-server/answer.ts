/** What the server sends back, before it is written to the socket. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | readonly Buffer[];
}

export function xmlAnswer(body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body };
}

export function bodySize(answer: Answer): number {
  if (answer.body === undefined) return 0;
  if (typeof answer.body === 'string') return Buffer.byteLength(answer.body);
  return answer.body.reduce((sum, chunk) => sum + chunk.length, 0);
}
