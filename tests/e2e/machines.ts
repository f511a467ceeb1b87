import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  buildImage,
  type Host,
  type HostOptions,
  type Image,
  type LogEntry,
  type Machine,
  type MachineSpec,
  openHost,
} from '@trusted-launch/host'
import { MICROSOFT_UEFI_CA } from './templates.ts'

export const cacheDirectory = join(import.meta.dirname, '../../.cache')
/** Longer than any boot under emulation on a busy machine. */
export const BOOT_MS = 180_000

export interface SmallVmOptions extends Partial<Omit<MachineSpec, 'disk'>> {
  readonly host?: Partial<HostOptions>
  /** Another image than the pristine small one. */
  readonly image?: Pick<Image, 'path' | 'format'>
}

export interface SmallVm {
  readonly host: Host
  readonly vm: Machine
  readonly stateDirectory: string
  readonly log: readonly LogEntry[]
}

const closing = new WeakMap<TestContext, (() => unknown)[]>()

/** Does something when the test ends, however it ends: what was begun last ends first. */
export function atEnd(t: TestContext, work: () => unknown): void {
  const works = closing.get(t) ?? []
  if (works.push(work) > 1) return
  closing.set(t, works)
  t.after(async () => {
    for (const each of works.reverse()) await each()
  })
}

/** Ends every VM of a host and lets the host go, when the test ends. */
export function closeAtEnd(t: TestContext, host: Host): void {
  atEnd(t, async () => {
    for (const machine of host.machines()) await machine.delete()
    await host.close()
  })
}

/** A folder of the test's own, gone with it. */
export function testFolder(t: TestContext): string {
  mkdirSync(join(cacheDirectory, 'e2e'), { recursive: true })
  const folder = mkdtempSync(join(cacheDirectory, 'e2e/t-'))
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The pristine small guest. */
export function smallImage(): Promise<Image> {
  return buildImage('small', { cacheDirectory })
}

/** What most tests want of a VM: Microsoft's keys, Secure Boot on, 512 MiB, 1 vCPU. */
export function specOf(image: Pick<Image, 'path' | 'format'>, change: Partial<MachineSpec> = {}) {
  return {
    id: 'vm-1',
    name: 'a test',
    memoryMiB: 512,
    vcpus: 1,
    disk: { path: image.path, format: image.format },
    secureBoot: true,
    signatures: MICROSOFT_UEFI_CA,
    vtpm: { banks: ['sha256'] },
    ...change,
  } satisfies MachineSpec
}

/**
 * A host in a folder of its own and one VM of the small image on it, not started. VM, processes and folder
 * go when the test ends, however it ends.
 */
export async function smallVm(t: TestContext, options: SmallVmOptions = {}): Promise<SmallVm> {
  const stateDirectory = testFolder(t)
  const { host: hostOptions, image, ...change } = options
  const log: LogEntry[] = []
  const host = await openHost({ stateDirectory, log: (entry) => log.push(entry), ...hostOptions })
  closeAtEnd(t, host)
  const vm = await host.create(specOf(image ?? (await smallImage()), change))
  return { host, vm, stateDirectory, log }
}

/** Of a VM's folder, what may be copied: neither sockets nor pipes. */
export function isPlain(path: string): boolean {
  const facts = lstatSync(path)
  return facts.isFile() || facts.isDirectory()
}

/** How long a line that the guest printed may take to reach the console's file. */
const LINE_MS = 20_000

/**
 * What a guest's program said after "NAME: ", the `nth` time in the boot that runs; waited for, since
 * the agent may answer before the console is read.
 */
export async function lineOf(vm: Machine, name: string, nth = 1): Promise<string> {
  for (const until = Date.now() + LINE_MS; ; await sleep(100)) {
    const printed = readFileSync(join(vm.folder, 'console.log'), 'latin1')
    const lines = printed.split(/\r?\n/).slice(0, -1)
    const said = lines.filter((line) => line.startsWith(`${name}: `))
    if (said.length >= nth) return said[nth - 1]!.slice(name.length + 2)
    if (Date.now() > until) throw new Error(`${name} said ${said.length} lines: ${printed}`)
  }
}
