import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { vmsStopped } from '../machine-text.ts'
import { jsonText, type Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { currentProfile } from '../service/profile.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText } from '../table.ts'

const PATH = '/providers/TrustedLaunch/hosts/local'
const POLL_MS = 1_000
/** A VM has this time for its power button, and as long until its end is written down. */
const DRAIN_MS = 120_000

/** Whether there is a control plane to ask, as whoever signed in. */
export function isServed(): boolean {
  try {
    currentProfile()
    return true
  } catch {
    return false
  }
}

/** The host as the control plane has it. */
export async function showServed(json: boolean, { out }: Output): Promise<void> {
  const host: any = await withService(({ client }) => client.get(PATH))
  out(json ? jsonText(host) : textOf(host.properties))
}

/** Stops what runs there, by the control plane, and waits for it. */
export async function drainServed(json: boolean, output: Output): Promise<ExitCode> {
  const { before, after } = await withService(async ({ client }) => {
    const before: any = await client.get(PATH)
    await client.ask('POST', `${PATH}/drain`)
    return { before, after: await stopped(client) }
  })
  const { running } = after.properties
  const gone = before.properties.running - running
  const text = `${vmsStopped(gone)}: tl host resume starts them again\n`
  output.out(json ? jsonText(after) : text)
  if (running > 0) output.err(`tl: ${running} VMs still run: tl operation list tells why\n`)
  return running === 0 ? EXIT.affirming : EXIT.failure
}

/** VMs that were stopped with the host start again, each by an operation. */
export async function resumeServed(json: boolean, { out }: Output): Promise<void> {
  const { body } = await withService(({ client }) => client.ask('POST', `${PATH}/resume`))
  const text = 'resumed: what was stopped with it starts, tl operation list --unfinished tells\n'
  out(json ? jsonText(body) : text)
}

/** The control plane's records are all there are: what a restored database does not know goes. */
export async function forgetServed(json: boolean, { out }: Output): Promise<void> {
  const { before, body } = await withService(async ({ client }) => {
    const before: any = await client.get(PATH)
    return { before, body: (await client.ask('POST', `${PATH}/forget`)).body }
  })
  const { restored, unknownMachines: count } = before.properties
  const text = restored
    ? `forgotten: ${count} VMs that the restored records do not know are erased, with their disks, when the control plane next starts\n`
    : 'there is nothing to forget: the records were not restored, or that was accepted\n'
  out(json ? jsonText(body) : text)
}

async function stopped(client: Connection['client']): Promise<any> {
  for (let waited = 0; ; waited += POLL_MS) {
    const host = (await client.get(PATH)) as any
    if (host.properties.running === 0 || waited >= DRAIN_MS) return host
    await sleep(POLL_MS)
  }
}

function textOf({
  vcpus,
  memoryGib,
  drained,
  virtualMachines,
  running,
  ...properties
}: any): string {
  return fieldsText([
    ['processors', String(vcpus)],
    ['memory', `${Math.floor(memoryGib * 1024)} MiB`],
    ['VMs', `${virtualMachines}, ${running} of them running`],
    ['places VMs', drained ? 'no, it is drained: tl host resume' : 'yes'],
    ...(properties.unknownFiles > 0 ? [unknownFilesField(properties)] : []),
    ...(properties.restored ? [restoredField(properties.unknownMachines)] : []),
  ])
}

function restoredField(count: number): [string, string] {
  return [
    'restored',
    `the records are from a backup; ${count} VMs that they do not know are kept: tl host forget erases them`,
  ]
}

function unknownFilesField({
  unknownFiles: count,
  unknownFileBytes: bytes,
}: any): [string, string] {
  const mib = Math.ceil(bytes / 2 ** 20)
  return ['files', `${count} that no record names, of ${mib} MiB: tl doctor tells more`]
}
