/** Brings up everything that is missing. False: stopped for a reason it told; end with exit code 2. */
export function setUp(options?: { yes?: boolean }): Promise<boolean>

/** Installs Debian packages (name → why) when they are first wanted. False: declined, or no Debian. */
export function need(
  packages: Readonly<Record<string, string>>,
  options?: { yes?: boolean },
): Promise<boolean>
