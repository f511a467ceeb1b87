import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Invocation } from '../src/invocation.ts'
import { Machine } from '../src/machine/machine.ts'
import { type Held, writeRecord } from '../src/machine/record.ts'
import type { MachineHost } from '../src/machine/shared.ts'
import { identityOf } from '../src/process.ts'
import { IDS } from '../src/qemu-args.ts'
import { monitorOfOurs } from './a-running-machine.ts'

/** What a former manager left of a VM that runs, with a process of ours for its QEMU. */
export async function left(
  t: TestContext,
  id: string | null,
  {
    cwd,
    held,
    lun,
    asked,
    network = null,
  }: {
    asked?: Invocation | undefined
    cwd?: string | undefined
    held?: Held | undefined
    lun?: number | undefined
    network?: object | null
  } = {},
) {
  const monitor = await monitorOfOurs(t, id)
  const { folder, uuid, first, answers } = monitor
  const program = join(folder.path, 'qemu-system-ours')
  copyFileSync('/bin/sleep', program)
  const qemu = spawn(program, ['600'], { cwd: cwd ?? folder.machine, stdio: 'ignore' })
  first.push(() => qemu.kill('SIGKILL'))
  answers.quit = () => qemu.kill('SIGKILL')
  await new Promise((resolve) => qemu.once('spawn', resolve))
  const path = join(folder.path, 'data')
  writeFileSync(path, '')
  await writeRecord(folder.path, {
    version: 1,
    spec: {
      id: folder.path.split('/').at(-1)!,
      disk: { format: 'raw' },
      signatures: null,
      vtpm: { banks: [] },
      network,
      dataDisks: lun === undefined ? null : [{ lun, path, format: 'raw' }],
    },
    uuid,
    accounts: { qemu: null, swtpm: null },
    identity: {},
    run: {
      qemu: identityOf(qemu.pid!),
      swtpm: null,
      released: true,
      ...(held === undefined ? {} : { held }),
      ...(asked === undefined ? {} : { asked }),
    },
    isolated: false,
    lastEnd: 'never',
  } as never)
  return { ...monitor, qemu }
}

/** The same, taken over. */
export async function adopted(
  t: TestContext,
  vtpm: Partial<MachineHost['vtpm']> = {},
  options: {
    asked?: Invocation
    cwd?: string
    held?: Held
    lun?: number
    network?: object
  } = {},
) {
  const monitor = await left(t, null, options)
  const { folder, first, qemu } = monitor
  const events: string[] = []
  const seen: string[] = []
  const host = {
    vtpm: { stopped: async () => {}, forget: async () => {}, ...vtpm },
    log: ({ event }: { event: string }) => events.push(event),
    forget: () => {},
    saw: (_: string, what: string) => seen.push(what),
  } as unknown as MachineHost
  const vm = (await Machine.adopt(host, folder.path))!
  first.unshift(() => vm.release())
  const next = async () => {
    await vm.release()
    const vm2 = (await Machine.adopt(host, folder.path))!
    first.unshift(() => vm2.release())
    return vm2
  }
  assert.equal(vm.status().state, 'running')
  return { ...monitor, vm, next, events, seen, runs: () => identityOf(qemu.pid!) !== null }
}

/** What QEMU says of a TPM whose swtpm is gone. */
export const lostVtpm = { label: IDS.tpm, filename: 'disconnected:unix:tpm', 'frontend-open': true }
/** What a verifier asks with. */
export const request = { nonce: new Uint8Array(32), pcrs: [0], banks: ['sha256' as const] }
