import { type Access, MemoryInbox, type WebhookVerifier, WebhookRefused } from '@gatehouse/access';
import { accessPlugin, callerOf } from '@gatehouse/access/fastify';
import Fastify, { type FastifyInstance } from 'fastify';

interface Invoice {
  readonly number: number;
  readonly userId: number;
  readonly text: string;
}

/** A service beside Gatehouse: who calls and what they may do it asks, what happens to users it hears of. */
export function createService(access: Access, webhooks: WebhookVerifier): FastifyInstance {
  const app = Fastify();
  const invoices: Invoice[] = [];
  // In earnest invoices are in Postgres, and so is the inbox: see pgInbox.
  const inbox = new MemoryInbox();
  const write = (userId: number, text: string) => {
    const invoice = { number: invoices.length + 1, userId, text };
    invoices.push(invoice);
    return invoice;
  };

  void app.register(accessPlugin, { access });

  app.get('/invoices', { config: { access: ['invoices.read'] } }, async () => invoices);

  app.get('/invoices/mine', { config: { access: 'authenticated' } }, async (request) => {
    const { userId } = callerOf(request);
    return invoices.filter((invoice) => invoice.userId === userId);
  });

  const body = {
    type: 'object',
    required: ['userId', 'text'],
    properties: { userId: { type: 'integer', minimum: 1 }, text: { type: 'string', maxLength: 200 } },
  };
  app.post<{ Body: { userId: number; text: string } }>(
    '/invoices',
    { config: { access: ['invoices.read', 'invoices.write'] }, schema: { body } },
    async (request, reply) => reply.code(201).send(write(request.body.userId, request.body.text)),
  );

  void app.register(async (hooks) => {
    // The signature is over the bytes as they came.
    hooks.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) =>
      done(null, bytes),
    );

    // Public: the signature says that it is Gatehouse.
    hooks.post<{ Body: Buffer }>(
      '/hooks/gatehouse',
      { config: { access: 'public' } },
      async (request, reply) => {
        try {
          const event = webhooks.verify(request.headers, request.body);
          access.onEvent(event);
          await inbox.once(event.id, async () => {
            if (event.type === 'user.created') write(Number(event.data.id), 'Set-up fee');
          });
          return await reply.code(204).send();
        } catch (error) {
          if (!(error instanceof WebhookRefused)) throw error;
          request.log.warn(error.reason);
          return reply
            .code(error.status)
            .type('application/problem+json')
            .send(JSON.stringify(error.problem));
        }
      },
    );
  });

  return app;
}
