import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { killStrays } from '../src/machine/qemu-process.ts'
import { identityOf } from '../src/process.ts'

/** A program of QEMU's name that works in a folder. */
async function stray(t: TestContext, cwd: string) {
  const program = join(cwd, 'qemu-system-ours')
  copyFileSync('/bin/sleep', program)
  const child = spawn(program, ['600'], { cwd, stdio: 'ignore' })
  t.after(() => child.kill('SIGKILL'))
  await new Promise((resolve) => child.once('spawn', resolve))
  return () => identityOf(child.pid!) !== null
}

test("what works in a VM's folder is ended, also where the folder is reached through a link", async (t) => {
  const path = mkdtempSync(join(tmpdir(), 'tl-strays-'))
  t.after(() => rmSync(path, { recursive: true }))
  for (const name of ['vm', 'vm-2'])
    mkdirSync(join(path, 'real', name, 'machine'), { recursive: true })
  symlinkSync(join(path, 'real'), join(path, 'link'))
  const runs = await stray(t, join(path, 'real/vm/machine'))
  const other = await stray(t, join(path, 'real/vm-2/machine'))
  await killStrays(join(path, 'link/vm'))
  assert.deepEqual([runs(), other()], [false, true])
})
