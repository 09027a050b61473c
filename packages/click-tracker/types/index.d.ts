/** How the tracker works on a page. */
export interface TrackerOptions {
  /** Address of the gateway without a slash at its end, such as `https://events.shop.example`. */
  readonly endpoint: string
  /** Browser key of the site, `mb_…`. It is public. Never put an API key into a page. */
  readonly key: string
  /**
   * Whether the visitor has agreed. `true` starts. `false` stops, and removes what is stored. Without it nothing is recorded or stored
   * until `consent(true)`.
   */
  readonly consent?: boolean
  /** Variant of an experiment that the visitor is shown; at most 64 characters. */
  readonly variant?: string | null | undefined
  /** Records clicks on every element, not only on links, buttons and labelled elements. */
  readonly anyElement?: boolean
  /** Records where the mouse is, at most once a second. */
  readonly mouseMoves?: boolean
  /** Records where the parts of a page are, once a session and page. On unless `false`. */
  readonly outline?: boolean
}

/** The commands of `window.millrace`, and what each needs. */
export interface TrackerCommands {
  readonly init: TrackerOptions
  readonly consent: boolean
  readonly identify: string | null | undefined
  readonly variant: string | null | undefined
}

/** `window.millrace`. Commands that come before the script are kept. */
export type TrackerCommand = <Name extends keyof TrackerCommands>(name: Name, value: TrackerCommands[Name]) => void

/** Says where events go, and starts where `consent` is true. A second call changes nothing. */
export declare function init(options: TrackerOptions): void

/** Says whether the visitor has agreed. `false` stops, and removes the key of the browser and what was not sent. */
export declare function consent(given: boolean): void

/** Says the account of a visitor who has signed in; `null` after signing out. Before `init`, so that the page view has it. */
export declare function identify(account: string | null | undefined): void

/** Says which variant of an experiment the visitor is shown; `null` for none. */
export declare function variant(name: string | null | undefined): void
