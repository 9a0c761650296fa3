import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** STS as far as roles are assumed there; each answer names an access key of its own. */
export class StsStub {
  readonly #server: Server;
  /** Bodies of the requests, decoded. */
  readonly asked: URLSearchParams[] = [];
  /** How long what it gives is valid. Seconds. */
  lifetime = 3600;
  readonly secretAccessKey = 'secret-of-an-assumed-role';
  readonly sessionToken = 'token-of-an-assumed-role';
  /** A login page answers in its place. */
  isAway = false;
  /** Refuses everything with this code. */
  refuses: string | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<StsStub> {
    const server = createServer();
    const stub = new StsStub(server);
    server.on('request', async (request, response) => {
      if (stub.isAway) {
        response.end('<!DOCTYPE html><html><p>log in<br></html>');
        return;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      stub.asked.push(form);
      const { status, xml } = stub.#answer(form);
      response.writeHead(status, { 'content-type': 'text/xml' });
      response.end(xml);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  clear(): void {
    this.asked.length = 0;
    this.lifetime = 3600;
    this.refuses = undefined;
    this.isAway = false;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer(form: URLSearchParams): { readonly status: number; readonly xml: string } {
    const action = form.get('Action') ?? '';
    if (this.refuses !== undefined) {
      const error = `<Code>${this.refuses}</Code><Message>Not authorized to perform sts:${action}</Message>`;
      return { status: 403, xml: `<ErrorResponse><Error>${error}</Error></ErrorResponse>` };
    }
    const expiration = new Date(Date.now() + this.lifetime * 1000).toISOString();
    const credentials = `<Credentials><AccessKeyId>ASIA${this.asked.length}</AccessKeyId><SecretAccessKey>${this.secretAccessKey}</SecretAccessKey><SessionToken>${this.sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials>`;
    const role = `<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>`;
    const result = `<${action}Result>${credentials}${role}</${action}Result>`;
    return {
      status: 200,
      xml: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</${action}Response>`,
    };
  }
}
