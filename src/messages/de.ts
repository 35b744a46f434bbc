import type { Texts } from './message.js';

const minutesOf = (count: number) => (count === 1 ? '1 Minute' : `${count} Minuten`);
const hoursOf = (count: number) => (count === 1 ? '1 Stunde' : `${count} Stunden`);
/** After “innerhalb”. */
const within = (unit: 'Minute' | 'Stunde', count: number) =>
  count === 1 ? `einer ${unit}` : `von ${count} ${unit}n`;

/** A list of several is told of in the plural. */
const wurden = (list: string) => (list.includes(', ') ? 'wurden' : 'wurde');

const NOT_YOU = 'Wenn Sie das nicht waren, setzen Sie sofort ein neues Passwort.';
const IGNORE = 'Wenn Sie das nicht angefordert haben, ignorieren Sie diese Nachricht: Es geschieht nichts.';
const KEEP = 'Geben Sie den Code niemandem. Wir fragen nie danach.';

export const de: Texts = {
  messages: {
    verification_code: ({ code, minutes }, product) => ({
      subject: 'Ihr Bestätigungscode',
      lead: ['Geben Sie diesen Code ein, um zu zeigen, dass diese Adresse Ihnen gehört:'],
      end: [`Er gilt ${minutesOf(minutes)} und nur einmal. ${KEEP}`, IGNORE],
      sms: `${product}: ${code} ist Ihr Bestätigungscode, gültig ${minutesOf(minutes)}. Geben Sie ihn niemandem.`,
    }),
    sign_in_code: ({ code, minutes }, product) => ({
      subject: 'Ihr Anmeldecode',
      lead: ['Geben Sie diesen Code ein, um sich anzumelden:'],
      end: [`Er gilt ${minutesOf(minutes)} und nur einmal. ${KEEP}`, IGNORE],
      sms: `${product}: ${code} ist Ihr Anmeldecode, gültig ${minutesOf(minutes)}. Geben Sie ihn niemandem.`,
    }),
    already_registered: ({ link }, product) => ({
      subject: 'Sie haben schon ein Konto',
      lead: [
        `Jemand, vermutlich Sie, wollte sich mit dieser Adresse bei ${product} registrieren. Es gibt damit schon ein Konto: Melden Sie sich einfach an.`,
        'Wenn Sie das Passwort vergessen haben, setzen Sie hier ein neues:',
      ],
      action: 'Neues Passwort setzen',
      end: [IGNORE],
      sms: `${product}: Sie haben schon ein Konto. Melden Sie sich an oder setzen Sie ein neues Passwort: ${link}`,
    }),
    invitation: ({ link, hours }, product) => ({
      subject: `Sie sind zu ${product} eingeladen`,
      lead: [`Bei ${product} wurde ein Konto für Sie angelegt. Setzen Sie ein Passwort, um zu beginnen:`],
      action: 'Passwort setzen',
      end: [`Der Link gilt ${hoursOf(hours)} und nur einmal.`],
      sms: `${product}: Für Sie wurde ein Konto angelegt. Setzen Sie innerhalb ${within('Stunde', hours)} ein Passwort: ${link}`,
    }),
    password_reset: ({ link, minutes }, product) => ({
      subject: 'Neues Passwort setzen',
      lead: ['Hier können Sie ein neues Passwort für Ihr Konto setzen:'],
      action: 'Neues Passwort setzen',
      end: [
        `Der Link gilt ${minutesOf(minutes)} und nur einmal. Bis dahin bleibt Ihr Passwort, wie es ist.`,
        IGNORE,
      ],
      sms: `${product}: Setzen Sie innerhalb ${within('Minute', minutes)} ein neues Passwort: ${link}`,
    }),
    welcome: ({ firstName }, product) => ({
      subject: `Willkommen bei ${product}`,
      lead: [
        `Guten Tag ${firstName},`,
        `Ihr Konto bei ${product} ist bereit. Sie können sich jetzt anmelden.`,
      ],
      sms: `${product}: Guten Tag ${firstName}, Ihr Konto ist bereit.`,
    }),
    password_changed: (_, product) => ({
      subject: 'Ihr Passwort wurde geändert',
      lead: ['Ihr Passwort wurde geändert, und alle anderen Anmeldungen wurden beendet.', NOT_YOU],
      sms: `${product}: Ihr Passwort wurde geändert. ${NOT_YOU}`,
    }),
    account_locked: ({ link }, product) => ({
      subject: 'Die Anmeldung an Ihrem Konto ist ausgesetzt',
      lead: [
        'Für Ihr Konto wurden zu viele falsche Passwörter eingegeben. Die Anmeldung mit dem Passwort ist auf neuen Geräten eine Weile ausgesetzt; wo Sie angemeldet sind, bleiben Sie es.',
        'Sie müssen nicht warten: Melden Sie sich mit einem Einmalcode an, oder setzen Sie hier ein neues Passwort.',
      ],
      action: 'Neues Passwort setzen',
      sms: `${product}: Zu viele falsche Passwörter, die Anmeldung ist eine Weile ausgesetzt. Nehmen Sie einen Einmalcode, oder setzen Sie ein neues Passwort: ${link}`,
    }),
    refresh_reuse: (_, product) => ({
      subject: 'Eine Ihrer Anmeldungen wurde beendet',
      lead: [
        'Jemand hat eine alte Kopie des Tokens einer Ihrer Anmeldungen benutzt. Zur Sicherheit haben wir diese Anmeldung beendet.',
        'Melden Sie sich neu an; geschieht das noch einmal, ändern Sie Ihr Passwort.',
      ],
      sms: `${product}: Eine alte Kopie eines Ihrer Tokens wurde benutzt; wir haben diese Anmeldung beendet. Melden Sie sich neu an.`,
    }),
    account_linked: ({ provider }, product) => ({
      subject: 'Sie können sich auf einem weiteren Weg anmelden',
      lead: [`Sie können sich jetzt auch mit ${provider} an Ihrem Konto anmelden.`, NOT_YOU],
      sms: `${product}: Sie können sich jetzt mit ${provider} anmelden. ${NOT_YOU}`,
    }),
    account_unlinked: ({ provider }, product) => ({
      subject: 'Ein Weg zur Anmeldung wurde entfernt',
      lead: [`Mit ${provider} können Sie sich nicht mehr an Ihrem Konto anmelden.`, NOT_YOU],
      sms: `${product}: Mit ${provider} können Sie sich nicht mehr anmelden. ${NOT_YOU}`,
    }),
    identity_added: ({ contact }, product) => ({
      subject: 'Ihrem Konto wurde eine Adresse hinzugefügt',
      lead: [`${contact} ${wurden(contact)} Ihrem Konto hinzugefügt.`, NOT_YOU],
      sms: `${product}: ${contact} ${wurden(contact)} Ihrem Konto hinzugefügt. ${NOT_YOU}`,
    }),
    identity_removed: ({ contact }, product) => ({
      subject: 'Von Ihrem Konto wurde eine Adresse entfernt',
      lead: [`${contact} ${wurden(contact)} von Ihrem Konto entfernt.`, NOT_YOU],
      sms: `${product}: ${contact} ${wurden(contact)} von Ihrem Konto entfernt. ${NOT_YOU}`,
    }),
    identity_changed: ({ contact }, product) => ({
      subject: 'Die Hauptadresse Ihres Kontos wurde geändert',
      lead: [`Die Hauptadresse Ihres Kontos ist jetzt ${contact}.`, NOT_YOU],
      sms: `${product}: Die Hauptadresse Ihres Kontos ist jetzt ${contact}. ${NOT_YOU}`,
    }),
  },
  footer: (product) =>
    `Diese Nachricht kommt von ${product} und wurde automatisch versandt. Bitte antworten Sie nicht darauf.`,
};
