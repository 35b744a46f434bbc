/** Which settings say where to listen. */
export interface ListenSettings {
  readonly port: string;
  readonly host: string;
}

/** Where the service is to listen, it cannot. */
export class CannotListen extends Error {
  constructor(
    what: { readonly address: string; readonly port: number; readonly settings: ListenSettings },
    cause: unknown,
  ) {
    super(reasonOf(what, (cause as NodeJS.ErrnoException).code), { cause });
    this.name = 'CannotListen';
  }
}

function reasonOf(
  { address, port, settings }: { address: string; port: number; settings: ListenSettings },
  code = 'unknown reason',
): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use. Stop what listens there, or set ${settings.port} to another one.`;
    case 'EACCES':
      return `Port ${port} may not be used by this user. Set ${settings.port} to one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${settings.host} is ${address}, which is no address of this machine. Set it to 0.0.0.0 for all of IPv4, to :: for all, or to 127.0.0.1 for this machine alone.`;
    default:
      return `The service cannot listen at ${address}, port ${port}: ${code}.`;
  }
}
