import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const NAMESPACE = 'http://cloudfront.amazonaws.com/doc/2020-05-31/';

/** Answers of CloudFront that are not an invalidation, as its API reference and its users' logs have them. */
const ERRORS = {
  TooManyInvalidationsInProgress: [
    400,
    'Processing your request will cause you to exceed the maximum number of in-progress wildcard invalidations.',
  ],
  InvalidArgument: [400, 'Your request contains one or more invalid invalidation paths.'],
  AccessDenied: [
    403,
    'User: arn:aws:sts::123456789012:assumed-role/deploy/run is not authorized to perform: cloudfront:CreateInvalidation on resource: arn:aws:cloudfront::123456789012:distribution/E2EXAMPLE because no identity-based policy allows the cloudfront:CreateInvalidation action',
  ],
  NoSuchDistribution: [404, 'The specified distribution does not exist.'],
  ServiceUnavailable: [503, 'CloudFront encountered an internal error. Please try again.'],
} as const;

export type CloudFrontError = keyof typeof ERRORS;

export interface ToldInvalidation {
  readonly id: string;
  readonly paths: readonly string[];
  readonly reference: string;
}

/** As much of CloudFront as is used. It knows the distribution E2EXAMPLE, and lives in this process. */
export class CloudFrontStub {
  readonly told: ToldInvalidation[] = [];
  /** `METHOD path`, in order. */
  readonly requests: string[] = [];
  /** The regions that requests were signed for. */
  readonly signedFor = new Set<string>();
  /** Errors that the next requests meet. */
  readonly errors: (CloudFrontError | 'lost')[] = [];
  /** Questions that are answered with `InProgress`. */
  inProgress = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<CloudFrontStub> {
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const { status, headers = {}, xml } = stub.#answer(request, body);
        if (status === 0) {
          request.socket.destroy();
          return;
        }
        response.writeHead(status, { 'content-type': 'text/xml', ...headers });
        response.end(`<?xml version="1.0"?>\n${xml}`);
      });
    });
    const stub = new CloudFrontStub(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return stub;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  clear(): void {
    for (const list of [this.told, this.requests, this.errors]) list.length = 0;
    this.inProgress = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #answer(
    { method = '', url = '', headers }: IncomingMessage,
    body: string,
  ): {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly xml: string;
  } {
    this.requests.push(`${method} ${url}`);
    const region = /Credential=[^/]+\/[0-9]{8}\/([^/]+)\/cloudfront\/aws4_request/.exec(
      headers.authorization ?? '',
    );
    if (region?.[1] !== undefined) this.signedFor.add(region[1]);
    const error = this.errors.shift();
    if (error !== undefined && error !== 'lost') return refusal(error);
    const path = /^\/2020-05-31\/distribution\/([A-Z0-9]+)\/invalidation(?:\/([A-Z0-9]+))?$/.exec(url);
    if (path === null || region === null) return refusal('AccessDenied');
    if (path[1] !== 'E2EXAMPLE') return refusal('NoSuchDistribution');
    if (method === 'POST') {
      const told = this.#create(body);
      // It took effect, and nobody hears of it.
      if (error === 'lost') return { status: 0, xml: '' };
      const location = `${this.endpoint}${url}/${told.id}`;
      return { status: 201, headers: { location }, xml: invalidationXml(told, 'InProgress') };
    }
    const told = this.told.find(({ id }) => id === path[2]);
    if (told === undefined) return refusal('NoSuchDistribution');
    return { status: 200, xml: invalidationXml(told, this.inProgress-- > 0 ? 'InProgress' : 'Completed') };
  }

  #create(body: string): ToldInvalidation {
    const reference = textOf(body, 'CallerReference')[0] ?? '';
    const known = this.told.find((told) => told.reference === reference);
    if (known !== undefined) return known;
    const paths = textOf(body, 'Path');
    if (textOf(body, 'Quantity')[0] !== String(paths.length)) throw new Error(`wrong quantity in ${body}`);
    const told = { id: `I${this.told.length + 1}J0I21PCUYOIK`, paths, reference };
    this.told.push(told);
    return told;
  }
}

function refusal(code: CloudFrontError): { readonly status: number; readonly xml: string } {
  const [status, message] = ERRORS[code];
  return {
    status,
    xml: `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>b31b8af1-d2a4-4c8d-8b5e-7d3a5a9e0f11</RequestId></ErrorResponse>`,
  };
}

function invalidationXml({ id, paths, reference }: ToldInvalidation, status: string): string {
  const items = paths.map((path) => `<Path>${escapeXml(path)}</Path>`).join('');
  return `<Invalidation xmlns="${NAMESPACE}"><Id>${id}</Id><Status>${status}</Status><CreateTime>2026-11-24T18:40:49.413Z</CreateTime><InvalidationBatch><Paths><Quantity>${paths.length}</Quantity><Items>${items}</Items></Paths><CallerReference>${reference}</CallerReference></InvalidationBatch></Invalidation>`;
}

function textOf(xml: string, element: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(([, text = '']) =>
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&apos;', "'")
      .replaceAll('&amp;', '&'),
  );
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
