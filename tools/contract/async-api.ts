import type { EventSchema } from './event-schemas.ts';

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });

const DESCRIPTION = `Every change that others may want to know of, told after it is committed.

Delivery is **at least once**: what comes again has the same \`id\`; deal with each id once. Events of one aggregate are
published **in order**. Data has ids and plain values, never secrets, addresses or names of people.

Within a version fields are added and nothing else: pass over those you do not know.`;

/** The AsyncAPI 3 document of the events: `data` are schemas by `<type>.v<version>`, `envelope` is what each is in. */
export function asyncApiOf(
  version: string,
  envelope: EventSchema,
  data: Readonly<Record<string, EventSchema>>,
): object {
  const names = Object.keys(data).toSorted();
  const references = Object.fromEntries(names.map((name) => [name, ref('messages', name)]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Gatehouse events',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    defaultContentType: 'application/json',
    channels: {
      exchange: {
        address: '{type}',
        title: 'RabbitMQ',
        description:
          'The topic exchange; the routing key is the type of the event, so `user.*` and `#` work.',
        parameters: { type: { description: 'Type of the event.', examples: ['user.created'] } },
        messages: references,
        bindings: {
          amqp: {
            is: 'routingKey',
            exchange: { name: 'gatehouse.events', type: 'topic', durable: true, autoDelete: false },
          },
        },
      },
      webhook: {
        title: 'Webhooks',
        description:
          'The URL of a webhook, which asks for the types it wants. Signed as Standard Webhooks 1.0.0 has it.',
        messages: references,
      },
    },
    operations: {
      publishEvent: {
        action: 'send',
        channel: { $ref: '#/channels/exchange' },
        title: 'Publish an event',
        summary: 'Where RABBITMQ_URL is set.',
        security: [ref('securitySchemes', 'broker')],
      },
      deliverEvent: {
        action: 'send',
        channel: { $ref: '#/channels/webhook' },
        title: 'Deliver an event to a webhook',
        summary: 'With `webhook-id`, `webhook-timestamp` and `webhook-signature`; any 2xx is a receipt.',
        security: [ref('securitySchemes', 'signature')],
        bindings: { http: { method: 'POST' } },
      },
    },
    components: {
      securitySchemes: {
        broker: { type: 'userPassword', description: 'Of the RabbitMQ, which is yours.' },
        signature: {
          type: 'httpApiKey',
          name: 'webhook-signature',
          in: 'header',
          description: 'By which the receiver knows who sends: docs/webhooks.md says how it is checked.',
        },
      },
      messages: Object.fromEntries(names.map((name) => [name, messageOf(name, data[name] ?? {})])),
      schemas: {
        ...Object.fromEntries(names.map((name) => [name, open(data[name] ?? {})])),
        Event: open(envelope),
      },
    },
  };
}

function messageOf(name: string, { title, description }: EventSchema): object {
  const [, type = '', version = ''] = /^(.+)\.v(\d+)$/.exec(name) ?? [];
  return {
    name: type,
    title: `${String(title)}, version ${version}`,
    ...(description !== undefined && { summary: description }),
    payload: {
      allOf: [
        ref('schemas', 'Event'),
        {
          type: 'object',
          properties: {
            type: { const: type },
            version: { const: Number(version) },
            data: ref('schemas', name),
          },
        },
      ],
    },
  };
}

/** As a consumer holds it: the next release may add fields. */
function open(schema: EventSchema): EventSchema {
  const { $schema: _schema, $id: _id, additionalProperties: _closed, properties, items, ...rest } = schema;
  return {
    ...rest,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, open(one)])),
    }),
    ...(items && { items: open(items) }),
  };
}
