import type { Texts } from './message.js';

const minutesOf = (count: number) => (count === 1 ? '1 minute' : `${count} minutes`);
const hoursOf = (count: number) => (count === 1 ? '1 hour' : `${count} hours`);

/** A list of several is told of in the plural. */
const were = (list: string) => (list.includes(', ') ? 'were' : 'was');

const NOT_YOU = 'If it was not you, set a new password at once.';
const IGNORE = 'If you did not ask for this, ignore this message: nothing happens.';
const KEEP = 'Give this code to nobody. We never ask for it.';

export const en: Texts = {
  messages: {
    verification_code: ({ code, minutes }, product) => ({
      subject: 'Your confirmation code',
      lead: ['Enter this code to show that this address is yours:'],
      end: [`It is valid for ${minutesOf(minutes)} and works once. ${KEEP}`, IGNORE],
      sms: `${product}: ${code} is your confirmation code, valid for ${minutesOf(minutes)}. Give it to nobody.`,
    }),
    sign_in_code: ({ code, minutes }, product) => ({
      subject: 'Your sign-in code',
      lead: ['Enter this code to sign in:'],
      end: [`It is valid for ${minutesOf(minutes)} and works once. ${KEEP}`, IGNORE],
      sms: `${product}: ${code} is your sign-in code, valid for ${minutesOf(minutes)}. Give it to nobody.`,
    }),
    already_registered: ({ link }, product) => ({
      subject: 'You have an account already',
      lead: [
        `Somebody, probably you, wanted to register at ${product} with this address. There is an account with it already: just sign in.`,
        'If you have forgotten the password, set a new one here:',
      ],
      action: 'Set a new password',
      end: [IGNORE],
      sms: `${product}: you have an account already. Sign in, or set a new password: ${link}`,
    }),
    invitation: ({ link, hours }, product) => ({
      subject: `You are invited to ${product}`,
      lead: [`An account was made for you at ${product}. Set a password to begin:`],
      action: 'Set a password',
      end: [`The link is valid for ${hoursOf(hours)} and works once.`],
      sms: `${product}: an account was made for you. Set a password within ${hoursOf(hours)}: ${link}`,
    }),
    password_reset: ({ link, minutes }, product) => ({
      subject: 'Set a new password',
      lead: ['You can set a new password for your account here:'],
      action: 'Set a new password',
      end: [
        `The link is valid for ${minutesOf(minutes)} and works once. Until then your password stays as it is.`,
        IGNORE,
      ],
      sms: `${product}: set a new password within ${minutesOf(minutes)}: ${link}`,
    }),
    welcome: ({ firstName }, product) => ({
      subject: `Welcome to ${product}`,
      lead: [`Hello ${firstName},`, `your account at ${product} is ready. You can sign in now.`],
      sms: `${product}: hello ${firstName}, your account is ready.`,
    }),
    password_changed: (_, product) => ({
      subject: 'Your password was changed',
      lead: ['Your password was changed and every other sign-in was ended.', NOT_YOU],
      sms: `${product}: your password was changed. ${NOT_YOU}`,
    }),
    account_locked: ({ link }, product) => ({
      subject: 'Sign-in to your account is paused',
      lead: [
        'There were too many wrong passwords for your account. Signing in with the password is paused for a while on devices that are new; where you are signed in you stay so.',
        'You need not wait: sign in with a one-time code, or set a new password here.',
      ],
      action: 'Set a new password',
      sms: `${product}: too many wrong passwords, sign-in is paused for a while. Use a one-time code, or set a new password: ${link}`,
    }),
    refresh_reuse: (_, product) => ({
      subject: 'A sign-in of yours was ended',
      lead: [
        'Somebody used an old copy of the token of one of your sign-ins. To be safe we ended that sign-in.',
        'Sign in again; if this happens again, change your password.',
      ],
      sms: `${product}: an old copy of a token of yours was used, so we ended that sign-in. Sign in again.`,
    }),
    account_linked: ({ provider }, product) => ({
      subject: 'A new way to sign in was added',
      lead: [`You can now sign in to your account with ${provider}.`, NOT_YOU],
      sms: `${product}: you can now sign in with ${provider}. ${NOT_YOU}`,
    }),
    account_unlinked: ({ provider }, product) => ({
      subject: 'A way to sign in was removed',
      lead: [`You can no longer sign in to your account with ${provider}.`, NOT_YOU],
      sms: `${product}: you can no longer sign in with ${provider}. ${NOT_YOU}`,
    }),
    identity_added: ({ contact }, product) => ({
      subject: 'An address was added to your account',
      lead: [`${contact} ${were(contact)} added to your account.`, NOT_YOU],
      sms: `${product}: ${contact} ${were(contact)} added to your account. ${NOT_YOU}`,
    }),
    identity_removed: ({ contact }, product) => ({
      subject: 'An address was removed from your account',
      lead: [`${contact} ${were(contact)} removed from your account.`, NOT_YOU],
      sms: `${product}: ${contact} ${were(contact)} removed from your account. ${NOT_YOU}`,
    }),
    identity_changed: ({ contact }, product) => ({
      subject: 'The main address of your account was changed',
      lead: [`The main address of your account is now ${contact}.`, NOT_YOU],
      sms: `${product}: the main address of your account is now ${contact}. ${NOT_YOU}`,
    }),
  },
  footer: (product) =>
    `This message comes from ${product} and was sent automatically. Please do not answer it.`,
};
