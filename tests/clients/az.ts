import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { openService, type Service } from '@trusted-launch/service'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import pino from 'pino'
import { azPath } from '../../tools/az.ts'

/** The first command after it was unpacked compiles what it reads. */
const LIMIT_MS = 600_000
const modules = azPath()
export const hasAz = modules !== null

/** Commands that need what is mended. */
export const COMPUTE = new Set(['vm', 'vmss', 'disk', 'sig', 'network'])

/**
 * Debian's package names versions of compute and network that its own library does not have: `az vm` ends with a traceback,
 * whatever it speaks to. This says those that are there, and is `az` in all else.
 */
export const MENDED = `import runpy, sys
from azure.cli.core.profiles import AZURE_API_PROFILES, ResourceType
AZURE_API_PROFILES['latest'][ResourceType.MGMT_COMPUTE].profile.update({None: '2022-08-01', 'virtual_machine_scale_sets': '2022-08-01'})
AZURE_API_PROFILES['latest'][ResourceType.MGMT_NETWORK] = '2022-07-01'
sys.argv[0] = 'az'
runpy.run_module('azure.cli', run_name='__main__', alter_sys=True)
`

/** Azure's own command line, with a configuration of its own. */
export class Az {
  readonly #folder: string
  readonly #env: NodeJS.ProcessEnv

  constructor(folder: string, caFile: string) {
    this.#folder = folder
    writeFileSync(this.#mended, MENDED)
    this.#env = {
      ...{ PATH: '/usr/bin:/bin', HOME: folder, REQUESTS_CA_BUNDLE: caFile },
      ...(modules && { PYTHONPATH: modules }),
      ...{ AZURE_CONFIG_DIR: join(folder, 'config'), AZURE_CORE_COLLECT_TELEMETRY: 'no' },
    }
  }

  /** What it prints, read. @throws its own words. */
  async run(...args: string[]): Promise<any> {
    const stdout = await this.said(...args, '-o', 'json')
    return stdout.trim() === '' ? null : JSON.parse(stdout)
  }

  /** What it prints, as it is. @throws its own words. */
  async said(...args: string[]): Promise<string> {
    const first = COMPUTE.has(args[0]!) ? [this.#mended] : ['-m', 'azure.cli']
    const options = { env: this.#env, timeout: LIMIT_MS }
    return (await promisify(execFile)('/usr/bin/python3', [...first, ...args], options)).stdout
  }

  /** The code of what it is refused with. */
  async refused(...args: string[]): Promise<string> {
    try {
      await this.run(...args)
    } catch (error) {
      return (
        /^ERROR: \((\w+)\)/m.exec(String((error as { stderr?: string }).stderr))?.[1] ??
        String(error)
      )
    }
    return 'not refused'
  }

  /** A file for `@FILE`: bodies, and the secret, which is in no argument. */
  file(name: string, text: string): string {
    const path = join(this.#folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return `@${path}`
  }

  /** As docs/guides/sign-in.md says. */
  async signIn({ administrator, endpoint }: Service): Promise<void> {
    const { clientId, clientSecret, tenantId } = administrator
    await this.run('cloud', 'register', '-n', 'own', '--endpoint-resource-manager', endpoint)
    await this.run('cloud', 'set', '-n', 'own')
    const secret = this.file('secret', clientSecret)
    await this.run(
      'login',
      '--service-principal',
      '-u',
      clientId,
      // It may begin with a dash.
      `-p=${secret}`,
      '--tenant',
      tenantId,
    )
  }

  get #mended(): string {
    return join(this.#folder, 'az.py')
  }
}

/** A service on a scripted host, `az` signed in to it, and a group `rg`; all gone after the test. */
export async function signedIn(t: TestContext): Promise<Az> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-az-'))
  const service = await openService({
    ...{ data: join(folder, 'data'), location: 'local', publicNames: [] },
    publicPool: ['198.51.100.0/28'],
    ...{ driver: new ScriptedHost(), listen: { host: '127.0.0.1', port: 0 } },
    log: pino({ level: 'silent' }),
  })
  t.after(async () => {
    await service.close()
    rmSync(folder, { recursive: true })
  })
  const az = new Az(folder, join(folder, 'data/tls/authority.pem'))
  await az.signIn(service)
  await az.run('group', 'create', '-n', 'rg', '-l', 'local')
  return az
}
