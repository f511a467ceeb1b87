import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** swtpm's own provisioning, with a certificate authority of its own in a folder of its own. */
export class SwtpmSetup {
  readonly #directory = mkdtempSync(join(tmpdir(), 'bench-swtpm-setup-'))
  #count = 0

  /** Writes the configuration; the first `provision` makes the authority's keys. */
  constructor() {
    const at = (name: string) => join(this.#directory, name)
    mkdirSync(at('ca'))
    const authority = {
      statedir: at('ca'),
      signingkey: at('ca/signkey.pem'),
      issuercert: at('ca/issuercert.pem'),
      certserial: at('ca/certserial'),
    }
    const setup = {
      create_certs_tool: 'swtpm_localca',
      create_certs_tool_config: at('localca.conf'),
      create_certs_tool_options: at('localca.options'),
      active_pcr_banks: 'sha256',
    }
    writeFileSync(at('localca.conf'), lines(authority))
    writeFileSync(at('localca.options'), '--platform-manufacturer bench\n')
    writeFileSync(at('setup.conf'), lines(setup))
  }

  /** Provisions a new TPM: RSA-2048 EK with its certificate (and a P-384 one, as is its way). */
  async provision(): Promise<void> {
    const state = join(this.#directory, `tpm-${this.#count++}`)
    mkdirSync(state)
    const options = [
      '--create-ek-cert',
      '--overwrite',
      '--config',
      join(this.#directory, 'setup.conf'),
    ]
    await run('swtpm_setup', ['--tpm2', '--tpmstate', state, ...options])
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

function lines(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')
}
