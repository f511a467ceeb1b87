import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Output } from '../src/output.ts'
import { spawnDetached } from '../src/process.ts'

const folder = mkdtempSync(join(tmpdir(), 'tl-output-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const options = { account: null, cwd: folder }
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

/** Once told to, prints 3 MB, then makes `done`, then stays. */
const chatty =
  'until [ -e go ]; do sleep 0.02; done; i=0; line=$(printf "%0299d" 0); while [ $i -lt 10000 ]; do echo $line; i=$((i+1)); done 2>/dev/null; : >done; exec sleep 60'

test('a program that prints without end fills no disk, waits for no reader, and outlives its manager', async () => {
  const path = join(folder, 'pipe')
  const output = await Output.makePipe(path)
  const program = await spawnDetached('/bin/sh', ['-c', chatty], { ...options, output })
  output.close()
  writeFileSync(join(folder, 'go'), '')
  const done = () => statSync(join(folder, 'done'), { throwIfNoEntry: false }) !== undefined
  for (let i = 0; i < 600 && !done(); i++) await sleep(50)
  assert.ok(done(), 'it did not wait')
  assert.equal(statSync(path).size, 0)
  const next = Output.openPipe(path)
  let held = 0
  for (let bytes = next.read(); bytes.length > 0; bytes = next.read()) held += bytes.length
  assert.ok(held > 0 && held <= 65_536, `${held} bytes`)
  next.close()
  process.kill(program.pid, 'SIGKILL')
})

test('what a program prints is read once, and a program that does not start tells what it printed', async () => {
  const output = await Output.makePipe(join(folder, 'once'))
  const program = await spawnDetached('/bin/sh', ['-c', 'echo hello; exec sleep 60'], {
    ...options,
    output,
  })
  let said = ''
  for (let i = 0; i < 100 && said === ''; i++) {
    said = text(output.read())
    await sleep(20)
  }
  process.kill(program.pid, 'SIGKILL')
  assert.equal(said, 'hello\n')
  assert.equal(output.read().length, 0)
  output.close()
  const other = await Output.makePipe(join(folder, 'once'))
  const missing = spawnDetached('/nowhere/program', [], { ...options, output: other })
  await assert.rejects(missing, (e: any) => /nowhere/.test(e.output))
  other.close()
})

test('a plain file is made anew and read from its beginning', async () => {
  const path = join(folder, 'file')
  for (const word of ['first', 'second']) {
    const output = Output.file(path)
    const program = await spawnDetached('/bin/sh', ['-c', `echo ${word}; exec sleep 60`], {
      ...options,
      output,
    })
    for (let i = 0; i < 100 && output.read().length === 0; i++) await sleep(20)
    process.kill(program.pid, 'SIGKILL')
    assert.equal(text(output.read()), `${word}\n`)
    output.close()
  }
})
