import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { dataDirectory, dataOption } from '../data-directory.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { stoppedUntilUp } from '../machine-text.ts'
import type { Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { currentProfile, parseProfile, profileFile } from '../service/profile.ts'
import { withHost } from '../with-host.ts'

interface Options {
  readonly data?: string
  readonly vms?: boolean
}

const WAIT_MS = 12_000
const POLL_MS = 100

/** `tl down`: stops the control plane of a data folder, and its VMs only where asked to. */
export function downCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('down')
    .summary('stop the control plane; its VMs run on, unless --vms')
    .addOption(dataOption())
    .option('--vms', 'stop its VMs too, by their power buttons; tl up starts them again')
    .addHelpText('after', '\nExamples:\n  tl down\n  tl down --vms')
    .action(async (options: Options) => {
      const data = dataDirectory(options)
      const endpoint = endpointOf(data)
      const wasThere = await stopped(data)
      const at = endpoint === null ? '' : ` (${plain(endpoint)})`
      output.out(wasThere ? `stopped ${data}${at}\n` : `nothing serves ${data}\n`)
      output.out(elsewhere(endpoint))
      if (options.vms === true) await stopVms(data, output)
      done(EXIT.affirming)
    })
}

/** Where a data folder was last served; null: nowhere that this user may know. */
function endpointOf(data: string): string | null {
  try {
    return parseProfile(join(data, 'admin.json')).endpoint
  } catch {
    return null
  }
}

/** What is stopped is told by its folder: another control plane that somebody signed in to is not it. */
function elsewhere(endpoint: string | null): string {
  if (!existsSync(profileFile())) return ''
  const { profile } = currentProfile()
  if (profile.endpoint === endpoint) return ''
  return `you are signed in to ${plain(profile.endpoint)}, which is another one: tl down --data DIR on its machine stops that, tl logout leaves it\n`
}

/** @returns whether there was one. @throws {Error} it does not end. */
async function stopped(data: string): Promise<boolean> {
  const { runningService } = await import('@trusted-launch/service')
  const found = runningService(data)
  if (found === null) return false
  process.kill(found.pid, 'SIGTERM')
  for (let waited = 0; waited < WAIT_MS; waited += POLL_MS) {
    if (runningService(data) === null) return true
    await sleep(POLL_MS)
  }
  throw new Error(`process ${found.pid} does not end; kill -9 loses nothing that was acknowledged`)
}

async function stopVms(data: string, output: Output): Promise<void> {
  const { settingsOf } = await import('@trusted-launch/service')
  const state = join(settingsOf(data).hostData ?? data, 'host')
  if (!existsSync(join(state, 'vms'))) {
    output.out(`no VM was ever made in ${state}\n`)
    return
  }
  await withHost({ state }, output, async (host) => {
    const running = host.machines().filter((machine) => machine.status().state === 'running')
    await Promise.all(running.map((machine) => machine.stop()))
    output.out(`${stoppedUntilUp(running.length)}\n`)
  })
}
