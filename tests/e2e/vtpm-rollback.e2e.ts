import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Host, type Machine, openHost } from '@trusted-launch/host'
import { BOOT_MS, closeAtEnd, isPlain, smallImage, specOf, testFolder } from './machines.ts'

const STATE = 'vtpm/tpm2-00.permall'

/** A copy of a VM's folder as it is now; the function puts back what is named of it, or all. */
function copyOf(root: string, vm: Machine): (name?: string) => void {
  const { folder } = vm
  const copy = mkdtempSync(join(root, 'copy-'))
  cpSync(folder, copy, { recursive: true, filter: isPlain })
  return (name = '.') => {
    rmSync(join(folder, name), { recursive: true, force: true })
    cpSync(join(copy, name), join(folder, name), { recursive: true })
  }
}

async function crash(vm: Machine): Promise<void> {
  process.kill(vm.processes!.qemu!.pid, 'SIGKILL')
  for (let i = 0; i < 100 && vm.status().state === 'running'; i++) await sleep(50)
  await vm.stop()
}

test('an older vTPM state, a whole older VM folder, a foreign or a blank state is never started; a crash is no rollback', async (t) => {
  const stateDirectory = testFolder(t)
  const notes: string[] = []
  const options = {
    stateDirectory,
    log: ({ event, message }: { event: string; message: string }) => {
      if (event === 'vtpm-note') notes.push(message)
    },
  }
  let host: Host = await openHost(options)
  closeAtEnd(t, { machines: () => host.machines(), close: () => host.close() } as Host)
  let vm = await host.create(specOf(await smallImage()))
  const { akName, generation } = vm.identity!
  const putBackNew = copyOf(stateDirectory, vm)

  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  const putBackSameSession = copyOf(stateDirectory, vm)
  const [nonce, extendNonce] = [randomBytes(32), randomBytes(32)]
  const pcrs = Array.from({ length: 16 }, (_, index) => index)
  const evidence = await vm.collectEvidence({ nonce, pcrs, banks: ['sha256'], extendNonce })
  assert.ok(evidence.rollback)
  await crash(vm)

  putBackNew(STATE)
  await assert.rejects(
    vm.start(),
    { code: 'vtpm-rolled-back' },
    'an earlier session, after a crash',
  )
  assert.deepEqual(notes, [])
  putBackSameSession(STATE)
  await vm.start()
  assert.deepEqual(notes.splice(0), ['vtpm.unclean-stop', 'vtpm.same-session-state'])
  await vm.stop({ graceful: false })

  const putBackStopped = copyOf(stateDirectory, vm)
  await vm.start()
  await vm.stop({ graceful: false })
  assert.deepEqual(notes, [])
  const putBackNewest = copyOf(stateDirectory, vm)
  putBackStopped(STATE)
  await assert.rejects(vm.start(), { code: 'vtpm-rolled-back' }, 'an older state, stopped in order')

  await host.close()
  putBackStopped()
  host = await openHost(options)
  vm = host.machine('vm-1')
  await assert.rejects(vm.start(), { code: 'vtpm-rolled-back' }, 'a whole older VM folder')

  const other = await host.create(specOf(await smallImage(), { id: 'vm-2' }))
  cpSync(join(other.folder, STATE), join(vm.folder, STATE))
  await assert.rejects(vm.start(), { code: 'vtpm-foreign' }, "another VM's")
  writeFileSync(join(vm.folder, STATE), '')
  await assert.rejects(vm.start(), { code: 'vtpm-blank' })
  rmSync(join(vm.folder, STATE))
  await assert.rejects(vm.start(), { code: 'vtpm-state-missing' })
  assert.equal(vm.processes, null)
  assert.deepEqual(vm.identity!.akName, akName, 'nothing made a new identity silently')

  await host.close()
  putBackNewest()
  host = await openHost(options)
  vm = host.machine('vm-1')
  const next = await vm.reprovision()
  assert.equal(next.generation, generation + 1)
  assert.notDeepEqual(next.akName, akName)
  putBackNewest('vtpm')
  putBackNewest('vtpm.key')
  await assert.rejects(vm.start(), { code: 'vtpm-rolled-back' }, 'the former generation')
})
