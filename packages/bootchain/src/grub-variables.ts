import { BootChainError } from './errors.ts'

/** What GRUB's normal mode says of itself; all are exported. GRUB 2.06, grub-core/normal/main.c. */
const OWN: readonly (readonly [string, string])[] = [
  ...[
    ...['chainloader_bpb', 'ntldr', 'platform_search_hint', 'default_font_path'],
    ...['all_video_module', 'menuentry_id', 'menuentry_options', '200_final', 'nativedisk_cmd'],
    ...['timeout_style'],
  ].map((feature) => [`feature_${feature}`, 'y'] as const),
  ['grub_cpu', 'x86_64'],
  ['grub_platform', 'efi'],
]
/** Set by GRUB where it runs, or by what was there before it: not known here unless a script sets them. */
const setByGrub =
  /^(?:feature_|net_|pxe_|color_|(?:lockdown|shim_lock|chosen|fw_path|debug|pager|check_signatures|tpm_fail_fatal)$)/
/** Exported from the start. */
const exportedAtStart = [
  ...['root', 'prefix', 'lang', 'locale_dir'],
  ...['config_file', 'config_directory'],
]
/** What these do cannot be followed: a theme's files, a password, a signature that is asked for, a pause. */
const refused = new Set([
  'theme',
  'superusers',
  'check_signatures',
  'pager',
  'debug',
  'secondary_locale_dir',
])

/**
 * GRUB's variables. A configuration file and a submenu begin with those that were exported; whether others are
 * there differs between distributions, so reading one is refused. GRUB 2.06, grub-core/normal/context.c.
 */
export class GrubVariables {
  readonly #values = new Map<string, string>()
  readonly #exported = new Set(exportedAtStart)
  readonly #hidden = new Set<string>()

  constructor(given: readonly (readonly [string, string])[]) {
    for (const [name, value] of [...OWN, ...given]) this.#values.set(name, value)
    for (const [name] of OWN) this.#exported.add(name)
  }

  /** '' when it is not set. @throws {BootChainError} UNPREDICTABLE: its value is not known here. */
  get(name: string): string {
    const value = this.#values.get(name)
    if (value !== undefined) return value
    if (this.#hidden.has(name)) throw unpredictable(name, 'set before, and not exported')
    if (setByGrub.test(name)) throw unpredictable(name, 'GRUB sets it itself')
    return ''
  }

  /** @throws {BootChainError} UNPREDICTABLE: it is not known here. */
  isSet(name: string): boolean {
    return this.#values.has(name) || this.get(name) !== ''
  }

  /** @throws {BootChainError} UNPREDICTABLE: it does more than hold a value. */
  set(name: string, value: string): void {
    if (refused.has(name)) throw unpredictable(name, 'what it does is not foretold')
    if (!/^[A-Za-z_]\w*$/.test(name)) throw unpredictable(name, 'no name of a variable')
    this.#values.set(name, value)
    this.#hidden.delete(name)
  }

  unset(name: string): void {
    this.#values.delete(name)
    this.#hidden.delete(name)
  }

  export(name: string): void {
    this.#exported.add(name)
  }

  /** A configuration file or a submenu begins. */
  openContext(): void {
    for (const name of [...this.#values.keys()]) {
      if (this.#exported.has(name)) continue
      this.#values.delete(name)
      this.#hidden.add(name)
    }
  }
}

function unpredictable(name: string, reason: string): BootChainError {
  return new BootChainError('UNPREDICTABLE', `GRUB: $${name}`, reason)
}
