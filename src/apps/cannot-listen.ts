/** Where the service is to listen, it cannot. */
export class CannotListen extends Error {
  constructor(
    what: { readonly address: string; readonly port: number; readonly setting: string },
    cause: unknown,
  ) {
    super(reasonOf(what, (cause as NodeJS.ErrnoException).code), { cause });
    this.name = 'CannotListen';
  }
}

function reasonOf(
  { address, port, setting }: { address: string; port: number; setting: string },
  code = 'unknown reason',
): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use. Stop what listens there, or set ${setting} to another one.`;
    case 'EACCES':
      return `Port ${port} may not be used by this user. Set ${setting} to one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST is ${address}, which is no address of this machine. Set it to 0.0.0.0 for all of IPv4, to :: for all, or to 127.0.0.1 for this machine alone.`;
    default:
      return `The service cannot listen at ${address}, port ${port}: ${code}.`;
  }
}
