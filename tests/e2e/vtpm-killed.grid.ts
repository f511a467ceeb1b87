import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { readdirSync, readlinkSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openHost } from '@trusted-launch/host'
import { surviveKills } from '../../apps/host/test/vtpm/kills.ts'
import { startManager } from './a-manager.ts'
import { BOOT_MS, smallImage, specOf, testFolder } from './machines.ts'

const KILLS = 20
/** Every fifth kill comes after the agent answered, the others in the first seconds. */
const ATTESTED = 5
const VICTIMS = ['manager', 'qemu-system-', 'swtpm'] as const
const MOMENT_MS = 3_000

/** A manager that starts and stops its VM for ever; or attests it for ever, once its agent answered. */
const script = (attested: boolean) => `
  import { randomBytes } from 'node:crypto'
  import { setTimeout as sleep } from 'node:timers/promises'
  const vm = host.machine('vm-1')
  const pcrs = [0, 4, 7]
  for (;;)
    try {
      console.log('starting')
      await vm.start()
      console.log('started')
      await sleep(Math.random() * ${MOMENT_MS / 2})
      if (${attested}) {
        await vm.waitForAgent(${BOOT_MS})
        for (let i = 0; ; i++) {
          const [nonce, extendNonce] = [randomBytes(32), randomBytes(32)]
          await vm.collectEvidence({ nonce, extendNonce, pcrs, banks: ['sha256'] })
          if (i === 0) console.log('attested')
        }
      }
      await vm.stop({ timeoutMs: 100 })
    } catch (e) {
      console.log('error', e.code ?? e)
      await vm.stop({ graceful: false })
    }`

/** The processes of a VM whose program is so called. */
function processesOf(folder: string, program: string): number[] {
  const link = (path: string) => {
    try {
      return readlinkSync(path)
    } catch {
      return ''
    }
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const own = pids.filter((pid) => link(`/proc/${pid}/cwd`).startsWith(`${folder}/`))
  return own.filter((pid) => link(`/proc/${pid}/exe`).includes(`/${program}`)).map(Number)
}

async function killOne(folder: string, program: string): Promise<void> {
  for (;;) {
    const [pid] = processesOf(folder, program)
    if (pid === undefined) await sleep(1)
    else
      try {
        process.kill(pid, 'SIGKILL')
        return
      } catch {}
  }
}

test(`a VM is not refused after its manager, QEMU or swtpm was killed ${KILLS} times while it starts, runs, attests and stops`, {
  timeout: 20 * BOOT_MS,
}, async (t: TestContext) => {
  const stateDirectory = testFolder(t)
  const first = await openHost({ stateDirectory })
  const { folder, identity } = await first.create(specOf(await smallImage()))
  await first.close()

  for (let kill = 0; kill < KILLS; kill++) {
    const victim = VICTIMS[kill % VICTIMS.length]!
    const attested = kill % ATTESTED === ATTESTED - 1
    const manager = startManager(t, stateDirectory, script(attested))
    assert.ok(await manager.said(attested ? /^attested$/m : /^starting$/m), manager.printed())
    await sleep(randomInt(MOMENT_MS))
    if (victim !== 'manager') {
      await killOne(folder, victim)
      const starts = manager.printed().match(/^started$/gm)?.length ?? 0
      const again = new RegExp(`(^started$[^]*){${starts + 1}}`, 'm')
      assert.ok(await manager.said(again), manager.printed())
      await sleep(randomInt(MOMENT_MS / 2))
    }
    await manager.kill()
    const what = `kill ${kill}, ${victim}:\n${manager.printed()}`
    assert.doesNotMatch(manager.printed(), /error (?!vtpm-failed|vtpm-lost)vtpm-/, what)

    const host = await openHost({ stateDirectory })
    try {
      const vm = host.machine('vm-1')
      await vm.stop({ graceful: false })
      await vm.start().catch((e) => assert.fail(`${what}\n${e}`))
      assert.deepEqual(vm.identity!.akName, identity!.akName)
      await vm.stop({ graceful: false })
    } finally {
      await host.close()
    }
  }
})

test('a vTPM is not refused after its manager was killed twenty times while starting or stopping it', (t) =>
  surviveKills(t, 20))
