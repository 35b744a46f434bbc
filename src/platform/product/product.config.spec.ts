import { faultsIn } from '../../../test/support/refused-config.js';
import { loadConfig } from '../config/config.js';
import { platformSections } from '../platform.config.js';
import { ProductConfig } from './product.config.js';

const load = (env: NodeJS.ProcessEnv) => loadConfig(env, platformSections(4), () => ({}));
const nameWith = (env: NodeJS.ProcessEnv) => load(env).get(ProductConfig).name;

describe('PRODUCT_NAME', () => {
  it('is the name in MAIL_FROM unless it is set, and Gatehouse where there is none', () => {
    expect(nameWith({})).toBe('Gatehouse');
    expect(nameWith({ MAIL_FROM: 'id@corp.example' })).toBe('Gatehouse');
    expect(nameWith({ MAIL_FROM: 'Corp Identity <id@corp.example>' })).toBe('Corp Identity');
    expect(nameWith({ MAIL_FROM: 'Corp Mail <id@corp.example>', PRODUCT_NAME: 'Käse & Co' })).toBe(
      'Käse & Co',
    );
  });

  it.each(['x'.repeat(41), '<b>Corp</b>', 'Corp "Identity"', 'id@corp', 'Corp\r\nBcc: eve', '\u0000'])(
    'is refused: %j',
    (name) => {
      const { PRODUCT_NAME } = faultsIn(() => load({ PRODUCT_NAME: name }));
      expect(PRODUCT_NAME).toBe('must be a name of 1 to 40 characters without < > @ " and line ends');
    },
  );
});
