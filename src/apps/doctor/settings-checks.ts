import ipaddr from 'ipaddr.js';
import { AdministratorConfig } from '../administrator.config.js';
import { BrokerConfig } from '../../platform/broker/broker.config.js';
import type { Config } from '../../platform/config/config.js';
import { ProcessConfig } from '../../platform/config/process.config.js';
import { DatabaseConfig } from '../../platform/database/database.config.js';
import { HttpConfig } from '../../platform/http/http.config.js';
import { MailConfig } from '../../platform/mail/mail.config.js';
import { SmsConfig } from '../../platform/sms/sms.config.js';
import { type Facts, isUnknown } from './facts.js';
import { type Check, fault, ok, skipped, warning } from './finding.js';

/** Numbers of Twilio's that no phone has: for tests. */
const SANDBOX_NUMBER = /^\+1500555\d{4}$/;
const MEBIBYTE = 1024 * 1024;
/** Bytes. */
const DISK = { warning: 1024 * MEBIBYTE, fault: 100 * MEBIBYTE };
/** So many requests from one address are no accident. */
const MANY = 20;

/** Faults of settings keep everything else from being looked at, and are told before. */
const configuration: Check = { id: 'configuration', look: () => ok('every setting can be used') };

const environment: Check = {
  id: 'environment',
  look({ config, database }) {
    const { environment: name } = config.get(ProcessConfig);
    const isElsewhere = !isUnknown(database) && !database.isLocal;
    return name !== 'production' && isElsewhere
      ? warning(
          `${name}, with a database on another machine`,
          'Set NODE_ENV=production, if this is not for development.',
        )
      : ok(name);
  },
};

const logLevel: Check = {
  id: 'log-level',
  look({ isProduction, config }) {
    const { logLevel: level } = config.get(ProcessConfig);
    if (!isProduction || level === 'info') return ok(level);
    return ['debug', 'trace'].includes(level)
      ? warning(`${level} writes more than anybody reads`, 'Set LOG_LEVEL=info.')
      : level === 'silent' || level === 'fatal'
        ? warning(`${level} leaves out what went wrong`, 'Set LOG_LEVEL=info.')
        : ok(level);
  },
};

const apiPages: Check = {
  id: 'api-pages',
  look: ({ isProduction, config }) =>
    isProduction && config.get(HttpConfig).docsEnabled
      ? warning(
          '/docs and /redoc are served to everybody',
          'Set DOCS_ENABLED=false, unless they are meant for the public.',
        )
      : ok(config.get(HttpConfig).docsEnabled ? 'are served, in development' : 'are not served'),
};

const credentials: Check = {
  id: 'credentials',
  look({ isProduction, config }) {
    const weak = isProduction ? weakCredentials(config) : [];
    return weak.length === 0
      ? ok(isProduction ? 'none of them is a well-known one' : 'are looked at in production')
      : warning(
          weak.join('; '),
          'Give each user a random password of its own, and remove what is not needed any more.',
        );
  },
};

function weakCredentials(config: Config): string[] {
  const urls = { DATABASE_URL: config.get(DatabaseConfig).url, RABBITMQ_URL: config.get(BrokerConfig).url };
  const guessable = Object.entries(urls).flatMap(([name, url]) => {
    if (url === null) return [];
    const { username, password } = new URL(url);
    const [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
    const isGuessable =
      secret !== '' &&
      (secret === user || /^(postgres|password|guest|admin|gatehouse|secret)$/i.test(secret));
    return isGuessable ? [`${name} has a password that can be guessed`] : [];
  });
  const hasPassword = config.get(AdministratorConfig).password !== null;
  return [...guessable, ...(hasPassword ? ['ADMIN_PASSWORD is of use to the first start only'] : [])];
}

const proxy: Check = {
  id: 'proxy',
  look(facts) {
    const { trustProxy, publicBaseUrl } = facts.config.get(HttpConfig);
    const remedy = 'Set TRUST_PROXY to the address or network of your proxies, as the service sees them.';
    const seen = proxiesSeen(facts);
    if (seen !== null)
      return trustProxy.length === 0
        ? warning(
            `the newest ${seen.count} requests came from ${seen.ip} alone: everybody counts as one client`,
            remedy,
          )
        : warning(
            `requests count as coming from the proxy ${seen.ip}, which forwards no address of a client`,
            'Let the proxy set X-Forwarded-For, or add the proxy in front of it to TRUST_PROXY.',
          );
    if (trustProxy.length > 0) return ok('TRUST_PROXY names networks of your own');
    return facts.isProduction && publicBaseUrl.startsWith('https:')
      ? warning(
          'PUBLIC_BASE_URL is https, so a proxy ends TLS in front of the service, and TRUST_PROXY is empty: everybody counts as one client',
          remedy,
        )
      : ok('there is no proxy in front');
  },
};

/** The address that all recent requests came from, where that can be no client: a private one, or a trusted proxy's. */
function proxiesSeen({ content, config, isProduction }: Facts): { ip: string; count: number } | null {
  if (isUnknown(content)) return null;
  const [first, ...others] = content.addresses;
  if (!first || others.length > 0 || first.count < MANY) return null;
  const address = ipaddr.process(first.ip);
  const isTrusted = config.get(HttpConfig).trustProxy.some((network) => matches(address, network));
  return isTrusted || (isProduction && address.range() === 'private') ? first : null;
}

function matches(address: ipaddr.IPv4 | ipaddr.IPv6, network: string): boolean {
  const [base, bits] = network.includes('/') ? ipaddr.parseCIDR(network) : [ipaddr.parse(network), -1];
  return (
    base.kind() === address.kind() && address.match(base, bits < 0 ? base.toByteArray().length * 8 : bits)
  );
}

const publicAddress: Check = {
  id: 'public-address',
  look({ publicAddress: answer, config }) {
    const { publicBaseUrl } = config.get(HttpConfig);
    if (answer === null) return skipped('is looked at in production');
    const remedy =
      'Start the service, and see that DNS, the certificate and the proxy lead there; from inside it may be another way.';
    if (isUnknown(answer)) return warning(`${publicBaseUrl} does not answer: ${answer.unknown}`, remedy);
    return answer.status === 200
      ? ok('answers over TLS')
      : warning(`${publicBaseUrl} answers ${answer.status} to a probe`, remedy);
  },
};

const broker: Check = {
  id: 'broker',
  look({ broker: fact }) {
    if (fact === null) return ok('is not used (RABBITMQ_URL is not set)');
    return isUnknown(fact)
      ? fault(
          fact.unknown,
          'Start RabbitMQ, or correct RABBITMQ_URL: host, user, password, virtual host. Until then events wait.',
        )
      : ok('answers');
  },
};

const mail: Check = {
  id: 'mail',
  look({ mail: fact, isProduction, config }) {
    if (fact === null)
      return isProduction
        ? warning('SMTP_URL is not set: no mail is sent', 'Set SMTP_URL and MAIL_FROM.')
        : ok('is shown at /dev/mailbox');
    if (isUnknown(fact))
      return fault(
        fact.unknown,
        'Correct SMTP_URL: host, port, smtps:// for TLS at once, user and password. Mail is tried again meanwhile.',
      );
    return isProduction &&
      /@(localhost|.*\.(?:example|invalid|test))$/.test(config.get(MailConfig).from.address)
      ? warning(
          'MAIL_FROM is no address that receivers accept',
          'Set MAIL_FROM to one of your domain, with SPF and DKIM.',
        )
      : ok('the mail server accepts us');
  },
};

const textMessages: Check = {
  id: 'text-messages',
  look({ isProduction, config }) {
    const { via } = config.get(SmsConfig);
    if (via.provider === 'twilio')
      return isProduction && SANDBOX_NUMBER.test(via.from)
        ? fault(
            'TWILIO_FROM is a number of the sandbox: nothing arrives',
            'Set TWILIO_FROM to a number of your own.',
          )
        : ok('go out through Twilio');
    return isProduction
      ? warning(
          'no provider is set: no text message is sent',
          'Set SMS_PROVIDER=twilio and the TWILIO settings, if people sign in by mobile number.',
        )
      : ok('are shown at /dev/mailbox');
  },
};

const disk: Check = {
  id: 'disk',
  look({ machine: { disks } }) {
    const [least] = disks.toSorted((one, other) => one.free - other.free);
    if (!least) return skipped('no folder could be looked at');
    const says = `${Math.floor(least.free / MEBIBYTE)} MiB free in ${least.path}`;
    const remedy = 'Make room, or move the folder (DATA_DIR) to a larger disk.';
    if (least.free < DISK.fault) return fault(says, remedy);
    return least.free < DISK.warning ? warning(says, remedy) : ok(says);
  },
};

const timeZone: Check = {
  id: 'time-zone',
  look: ({ isProduction, machine }) =>
    isProduction && !/^(?:Etc\/)?(?:UTC|UCT|GMT|Universal|Zulu)$/.test(machine.timeZone)
      ? warning(
          `this machine is in ${machine.timeZone}; the service keeps and logs UTC`,
          'Set TZ=UTC, so that all logs of the machine agree.',
        )
      : ok(`${machine.timeZone}; everything is kept in UTC`),
};

const node: Check = {
  id: 'node',
  look({ machine: { node: version } }) {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return major > 24 || (major === 24 && minor >= 9)
      ? ok(version)
      : fault(`${version} is too old`, 'Take Node 24.9 or newer.');
  },
};

export const settingsChecks: readonly Check[] = [configuration, environment, credentials, logLevel, apiPages];
export const surroundingsChecks: readonly Check[] = [
  proxy,
  publicAddress,
  broker,
  mail,
  textMessages,
  disk,
  timeZone,
  node,
];
