import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openService, type Service } from '@trusted-launch/service'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import pino from 'pino'
import { type Ran, tl } from './a-run.ts'

/** A whole service on a scripted host, and `tl` with a configuration folder and a home of its own. */
export interface ControlPlane {
  readonly service: Service
  readonly host: ScriptedHost
  readonly data: string
  readonly adminFile: string
  /** The configuration folder. */
  readonly config: string
}

/** Opened for a test, and gone after it; nobody is signed in. */
export async function aControlPlane(
  t: TestContext,
  host = new ScriptedHost(),
): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-test-'))
  const [data, config, home] = ['data', 'config', 'home'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  Object.assign(process.env, { XDG_CONFIG_HOME: config, XDG_DATA_HOME: home, HOME: home })
  const service = await openService({
    ...{ data, publicNames: [], location: 'local', driver: host },
    listen: { host: '127.0.0.1', port: 0 },
    log: pino({ level: process.env.TL_TEST_LOG ?? 'silent' }),
  })
  t.after(async () => {
    await service.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { service, host, data, adminFile: join(data, 'admin.json'), config }
}

/** The same, signed in to. */
export async function signedIn(t: TestContext, host?: ScriptedHost): Promise<ControlPlane> {
  const plane = await aControlPlane(t, host)
  await good('login', '--admin', plane.adminFile)
  return plane
}

/** Runs `tl`, which must end in 0. */
export async function good(...args: string[]): Promise<Ran> {
  const ran = await tl(...args)
  if (ran.code !== 0) throw new Error(`tl ${args.join(' ')}: ${ran.code}: ${ran.err}${ran.out}`)
  return ran
}

export async function json(...args: string[]): Promise<any> {
  return JSON.parse((await good(...args, '--json')).out)
}
