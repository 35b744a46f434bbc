// The environment of a test file: the globals of its worker, put back as they were when the file is done.
import { TestEnvironment } from 'jest-environment-node';

/** Where Jest keeps what belongs to one file. */
const OF_ONE_FILE = /^(?:JEST_STATE_SYMBOL|EVENT_HANDLERS)$/;

/** One realm for tests, service and packages: an `Error` or a `Date` is the same to all of them. */
export default class Environment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global = globalThis;
    this.moduleMocker = new this.moduleMocker.constructor(globalThis);
    this.fakeTimersModern = new this.fakeTimersModern.constructor({
      config: config.projectConfig,
      global: globalThis,
    });
    this.found = {
      console: globalThis.console,
      // oxlint-disable-next-line typescript/unbound-method -- is put back where it was
      exit: process.exit,
      env: process.env,
      variables: { ...process.env },
    };
  }

  async teardown() {
    await super.teardown();
    const { console, exit, env, variables } = this.found;
    globalThis.console = console;
    process.exit = exit;
    process.env = env;
    for (const name of Object.keys(env)) if (!(name in variables)) delete env[name];
    Object.assign(env, variables);
    for (const symbol of Object.getOwnPropertySymbols(globalThis))
      if (OF_ONE_FILE.test(symbol.description ?? '')) delete globalThis[symbol];
  }
}
