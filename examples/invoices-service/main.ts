import { createAccess, WebhookVerifier } from '@gatehouse/access';
import { createService } from './service.ts';

const { GATEHOUSE_URL = 'http://localhost:3000', WEBHOOK_SECRETS = '', PORT = '4000' } = process.env;

const access = createAccess({
  baseUrl: GATEHOUSE_URL,
  onUnavailable: ({ reason }) => process.stderr.write(`Gatehouse cannot be asked: ${reason}\n`),
});
const webhooks = new WebhookVerifier({ secrets: WEBHOOK_SECRETS.split(',').filter(Boolean) });

const address = await createService(access, webhooks).listen({ host: '127.0.0.1', port: Number(PORT) });
process.stdout.write(`Listening on ${address}\n`);
