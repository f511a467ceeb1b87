import { need } from '../tools/setup.mjs'

/** Installs Debian packages that only a benchmark wants (name → why). @throws {Error} declined, or no Debian. */
export async function want(packages: Readonly<Record<string, string>>): Promise<void> {
  if (await need(packages, { yes: process.argv.includes('--yes') })) return
  throw new Error(`not installed: ${Object.keys(packages).join(', ')}`)
}

/** The package of swtpm_setup. */
export const swtpmTools = { 'swtpm-tools': 'swtpm_setup, what is measured against' }
