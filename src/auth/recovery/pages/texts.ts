import type { Language } from '../../../common/language.js';

interface FormTexts {
  readonly title: string;
  readonly lead: string;
  readonly button: string;
}

/** What went wrong, as the pages know it. */
export type Fault =
  | 'identifier'
  | 'token'
  | 'passwordLength'
  | 'passwordCommon'
  | 'passwordPersonal'
  | 'passwordMissing'
  | 'busy'
  | 'cross_site'
  | 'failed';

/** All that the pages say, in one language. */
export interface PageTexts {
  readonly forgot: FormTexts & { readonly label: string };
  readonly recovery: FormTexts;
  readonly invitation: FormTexts;
  readonly token: string;
  readonly password: string;
  readonly passwordHint: (min: number, max: number) => string;
  readonly sent: { readonly title: string; readonly text: (minutes: number) => string };
  readonly done: { readonly title: string; readonly text: string };
  readonly askAgain: string;
  /** Title where there is no form to go back to. */
  readonly failed: string;
  /** Before the title of a page on which something went wrong. */
  readonly error: string;
  readonly faults: Readonly<Record<Fault, string>>;
}

const en: PageTexts = {
  forgot: {
    title: 'Forgot your password?',
    lead: 'Tell us who you are. If there is such an account, a link to set a new password goes to the address we know of it.',
    label: 'E-mail address, mobile number or username',
    button: 'Send the link',
  },
  recovery: {
    title: 'Set a new password',
    lead: 'Wherever you are signed in you will be signed out.',
    button: 'Set the password',
  },
  invitation: {
    title: 'Welcome: set a password',
    lead: 'An account was made for you. Choose a password to sign in with.',
    button: 'Set the password',
  },
  token: 'Token: what stands after “token=” in the link that was sent to you',
  password: 'New password',
  passwordHint: (min, max) =>
    `${min} to ${max} characters. Several words are easy to remember and hard to guess.`,
  sent: {
    title: 'Look into your messages',
    text: (minutes) =>
      `If there is such an account, a link is on its way. It is valid for ${minutes} minutes and works once. If nothing comes, look among the unwanted messages, or ask again in a few minutes.`,
  },
  done: { title: 'Your password is set', text: 'You can sign in with it now.' },
  askAgain: 'Ask for a new link',
  failed: 'That did not work',
  error: 'Error',
  faults: {
    identifier:
      'Enter one e-mail address, one mobile number that begins with + and the code of the country, or one username.',
    token: 'This link was used or is out of date; ask for a new one.',
    passwordLength: 'This password is too short or too long.',
    passwordCommon: 'This password is among those that are tried first. Choose another one.',
    passwordPersonal: 'A password must not be made of your own name or address. Choose another one.',
    passwordMissing: 'Enter a password.',
    busy: 'There is too much going on at the moment. Wait a minute and try again.',
    cross_site: 'This form was sent from a page of another site. Open the page itself and try again.',
    failed: 'Something went wrong on our side. Try again in a moment.',
  },
};

const de: PageTexts = {
  forgot: {
    title: 'Passwort vergessen?',
    lead: 'Sagen Sie uns, wer Sie sind. Gibt es ein solches Konto, geht ein Link für ein neues Passwort an die Adresse, die wir davon kennen.',
    label: 'E-Mail-Adresse, Mobilnummer oder Benutzername',
    button: 'Link senden',
  },
  recovery: {
    title: 'Neues Passwort setzen',
    lead: 'Wo auch immer Sie angemeldet sind, werden Sie abgemeldet.',
    button: 'Passwort setzen',
  },
  invitation: {
    title: 'Willkommen: Passwort setzen',
    lead: 'Für Sie wurde ein Konto angelegt. Wählen Sie ein Passwort, mit dem Sie sich anmelden.',
    button: 'Passwort setzen',
  },
  token: 'Token: was in dem Link, den Sie bekommen haben, nach „token=“ steht',
  password: 'Neues Passwort',
  passwordHint: (min, max) =>
    `${min} bis ${max} Zeichen. Mehrere Wörter sind leicht zu merken und schwer zu erraten.`,
  sent: {
    title: 'Sehen Sie in Ihren Nachrichten nach',
    text: (minutes) =>
      `Gibt es ein solches Konto, ist ein Link unterwegs. Er gilt ${minutes} Minuten und nur einmal. Kommt nichts, sehen Sie bei den unerwünschten Nachrichten nach oder fragen Sie in ein paar Minuten noch einmal.`,
  },
  done: { title: 'Ihr Passwort ist gesetzt', text: 'Sie können sich jetzt damit anmelden.' },
  askAgain: 'Einen neuen Link anfordern',
  failed: 'Das hat nicht geklappt',
  error: 'Fehler',
  faults: {
    identifier:
      'Geben Sie eine E-Mail-Adresse, eine Mobilnummer mit + und Landesvorwahl oder einen Benutzernamen ein.',
    token: 'Dieser Link wurde schon benutzt oder ist abgelaufen; fordern Sie einen neuen an.',
    passwordLength: 'Dieses Passwort ist zu kurz oder zu lang.',
    passwordCommon: 'Dieses Passwort gehört zu denen, die zuerst probiert werden. Wählen Sie ein anderes.',
    passwordPersonal:
      'Ein Passwort darf nicht aus Ihrem Namen oder Ihrer Adresse bestehen. Wählen Sie ein anderes.',
    passwordMissing: 'Geben Sie ein Passwort ein.',
    busy: 'Im Moment ist zu viel los. Warten Sie eine Minute und versuchen Sie es noch einmal.',
    cross_site:
      'Dieses Formular kam von einer Seite einer anderen Website. Öffnen Sie die Seite selbst und versuchen Sie es noch einmal.',
    failed: 'Bei uns ist etwas schiefgegangen. Versuchen Sie es gleich noch einmal.',
  },
};

export const PAGE_TEXTS: Readonly<Record<Language, PageTexts>> = { en, de };
