import type { Language } from '../../../common/language.js';
import { type Html, markup } from '../../../platform/http/html.js';
import type { HtmlPage } from '../../../platform/http/html-page.js';
import { type Fault, PAGE_TEXTS } from './texts.js';

/** What the pages need to know of the configuration. */
export interface PageFacts {
  readonly product: string;
  /** Address of the page to ask for a link on. */
  readonly forgotUrl: string;
  readonly minPassword: number;
  readonly maxPassword: number;
  readonly linkMinutes: number;
}

/**
 * Takes the token out of the fragment of the address, which no server sees, into the form, and out of the history. A
 * link that is followed while the page is open changes the fragment only. Without scripts the token is pasted.
 */
const TAKE_TOKEN = `(() => {
  const field = document.getElementById('token');
  const take = () => {
    const token = new URLSearchParams(location.hash.slice(1)).get('token');
    if (token) {
      field.value = token;
      history.replaceState(null, '', location.pathname);
    }
    field.parentElement.hidden = field.value !== '';
  };
  addEventListener('hashchange', take);
  take();
})();`;

/** The pages in one language. Forms have no address of their own: they post to where they are. */
export class RecoveryPages {
  private readonly texts;

  constructor(
    private readonly language: Language,
    private readonly facts: PageFacts,
  ) {
    this.texts = PAGE_TEXTS[language];
  }

  forgot(identifier = '', fault?: Fault): HtmlPage {
    const { title, lead, label, button } = this.texts.forgot;
    return this.page(
      title,
      fault,
      markup`<p>${lead}</p>
<form method="post">
<p><label for="identifier">${label}</label>
<input id="identifier" name="identifier" value="${identifier}" required maxlength="191" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus${describedBy(fault)}></p>
<button>${button}</button>
</form>`,
    );
  }

  sent(): HtmlPage {
    const { title, text } = this.texts.sent;
    return this.page(title, undefined, markup`<p>${text(this.facts.linkMinutes)}</p>`);
  }

  setPassword(purpose: 'recovery' | 'invitation', token = '', fault?: Fault): HtmlPage {
    const { title, lead, button } = this.texts[purpose];
    const { minPassword, maxPassword } = this.facts;
    const [ofToken, ofPassword] = fault === 'token' ? [fault, undefined] : [undefined, fault];
    const main = markup`<p>${lead}</p>
<form method="post">
<p><label for="token">${this.texts.token}</label>
<input id="token" name="token" value="${token}" required maxlength="128" autocomplete="off" autocapitalize="none" spellcheck="false"${describedBy(ofToken)}></p>
<p><label for="newPassword">${this.texts.password}</label>
<input id="newPassword" name="newPassword" type="password" required autocomplete="new-password" autofocus${describedBy(ofPassword, 'hint')}>
<small id="hint">${this.texts.passwordHint(minPassword, maxPassword)}</small></p>
<button>${button}</button>
</form>
${ofToken && this.askAgain()}`;
    return { ...this.page(title, fault, main), script: TAKE_TOKEN };
  }

  done(): HtmlPage {
    const { title, text } = this.texts.done;
    return this.page(title, undefined, markup`<p>${text}</p>`);
  }

  /** Of a request that got nowhere near a form. */
  failure(fault: Fault): HtmlPage {
    return this.page(this.texts.failed, fault, this.askAgain());
  }

  private askAgain(): Html {
    return markup`<p><a href="${this.facts.forgotUrl}">${this.texts.askAgain}</a></p>`;
  }

  private page(title: string, fault: Fault | undefined, main: Html): HtmlPage {
    const { error, faults } = this.texts;
    return {
      language: this.language,
      product: this.facts.product,
      title: fault ? `${error}: ${title}` : title,
      main: markup`<h1>${title}</h1>
${fault && markup`<p id="fault" role="alert">${faults[fault]}</p>`}
${main}`,
    };
  }
}

/** Tells assistive technology which field is at fault, and where that and other help is said. */
function describedBy(fault: Fault | undefined, ...others: string[]): Html {
  if (fault) return markup` aria-invalid="true" aria-describedby="${['fault', ...others].join(' ')}"`;
  return others.length > 0 ? markup` aria-describedby="${others.join(' ')}"` : markup``;
}
