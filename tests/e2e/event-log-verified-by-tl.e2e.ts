import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { fromLatin1, toHex } from '@trusted-launch/codec'
import { BOOT_MS, smallVm, testFolder } from './machines.ts'

const launcher = join(import.meta.dirname, '../../apps/cli/bin/tl.mjs')
const pcrs = [...Array.from({ length: 16 }, (_, i) => i), 23]

/** `bytes` with the text `from`, which must be there once, replaced by as long a text. */
function edited(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const copy = Buffer.from(bytes)
  const at = copy.indexOf(from, 0, 'latin1')
  assert.ok(at > 0 && copy.indexOf(from, at + 1, 'latin1') < 0, `${from} once`)
  copy.set(fromLatin1(to), at)
  return copy
}

test("tl eventlog verifies a VM's logs against its quoted PCRs, and finds an edited command line", async (t) => {
  const { vm } = await smallVm(t)
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  const nonce = Uint8Array.from({ length: 32 }, (_, i) => i)
  const evidence = await vm.collectEvidence({ nonce, pcrs, banks: ['sha256'] })
  await vm.delete()
  const folder = testFolder(t)
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const values = evidence.quotes[0]!.pcrs.map(({ index, digest }) => [index, toHex(digest)])
  const given = file('pcrs.json', JSON.stringify({ sha256: Object.fromEntries(values) }))
  const ima = file('ima', evidence.imaLog!)
  const tl = (log: Uint8Array) => {
    const args = [launcher, 'eventlog', file('log', log), '--pcrs', given, '--ima', ima, '--json']
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    return { status, ...JSON.parse(stdout) }
  }
  const good = tl(evidence.eventLog!)
  const ids = good.findings.map(({ id }: { id: string }) => id)
  assert.deepEqual(ids, ['reference-values.modules'], 'whose its modules are nobody said')
  assert.deepEqual([good.status, good.verified, good.secureBoot], [0, true, 'on'])
  const forged = tl(
    edited(evidence.eventLog!, 'kernel_cmdline: /vmlinuz', 'kernel_cmdline: /vmlinuX'),
  )
  assert.equal(forged.status, 3)
  const [{ id, pcr }] = forged.findings
  assert.deepEqual([id, pcr], ['eventlog.data', 8])
})
