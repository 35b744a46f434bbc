// Before the first test that needs no database.
import { ensureBuilt } from '../../../scripts/ensure-built.mjs';

export default ensureBuilt;
