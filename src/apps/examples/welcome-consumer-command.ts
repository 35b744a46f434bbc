import 'reflect-metadata';
import { once } from 'node:events';
import { BrokerConfig } from '../../platform/broker/broker.config.js';
import { allInOne } from '../all-in-one.js';
import { CommandFailed, runCommand } from '../command.js';
import { withContext } from '../with-context.js';
import { welcomeConsumer } from './welcome-consumer.js';

/** `npm run example:consumer`: a process of its own beside the service, on its database; see docs/broker.md. */
const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await runCommand('npm run example:consumer\n', () =>
  withContext(
    allInOne,
    async (context) => {
      const { url } = context.get(BrokerConfig);
      if (url === null) throw new CommandFailed('Set RABBITMQ_URL to the one of the service.');
      const consumer = welcomeConsumer(context, { url });
      consumer.start();
      process.stdout.write('The example consumer is running: it welcomes every new user.\n');
      await stopped;
      await consumer.stop();
      return 'The example consumer has stopped.\n';
    },
    { settings: {} },
  ),
);
