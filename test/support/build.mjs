// Before tests that look at the build, and need nothing else.
import { ensureBuilt } from '../../scripts/ensure-built.mjs';

export default ensureBuilt;
