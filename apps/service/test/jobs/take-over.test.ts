import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreOptions } from '../../src/store/open-engine.ts'
import { onEach } from '../store/databases.ts'
import { operation } from '../store/samples.ts'

/** What the issue promises of a service beside one that was killed. */
const TAKE_OVER_MS = 15_000

class Process {
  readonly child: ChildProcess
  readonly lines: string[] = []

  constructor(t: TestContext, options: StoreOptions, owner: string) {
    const program = join(import.meta.dirname, 'process.ts')
    this.child = spawn(process.execPath, [program, JSON.stringify(options), owner], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.lines.push(line))
    t.after(() => this.kill('SIGKILL'))
  }

  async said(line: string): Promise<void> {
    while (!this.lines.includes(line)) await sleep(10)
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill(signal)
    await ended
  }
}

onEach((database) => {
  test('what a process was doing when it was killed, another goes on with within 15 s, where the first was', async (t) => {
    const options = await database.fresh()
    const store = await database.store(options)
    const asked = { ...operation(), kind: 'long', id: randomUUID() }
    const first = new Process(t, options, 'a')
    await first.said('ready')
    await store.operations.enqueue(asked, Date.now())
    await first.said('step 3')
    await first.kill('SIGKILL')
    const killedAt = performance.now()
    const second = new Process(t, options, 'b')
    while (!second.lines.some((line) => line.startsWith('step'))) await sleep(10)
    const took = performance.now() - killedAt
    assert.ok(took < TAKE_OVER_MS, `it took ${took} ms`)
    const done = Number(first.lines.at(-1)!.split(' ')[1])
    assert.ok(Number(second.lines[1]!.split(' ')[1]) > done)
    await second.said('step 20')
    let end = await store.operations.get(asked.id)
    while (end!.endedAt === null) end = await store.operations.get(asked.id)
    assert.deepEqual([end!.status, end!.result], ['Succeeded', { by: 'b' }])
  })
})

onEach((database) => {
  test('a process that stood still while another took over writes nothing when it goes on', {
    skip: database.name === 'SQLite' && 'a stopped process may keep a file’s lock',
  }, async (t) => {
    const options = await database.fresh()
    const store = await database.store(options)
    const asked = { ...operation(), kind: 'long', id: randomUUID() }
    const first = new Process(t, options, 'a')
    await first.said('ready')
    await store.operations.enqueue(asked, Date.now())
    await first.said('step 3')
    first.child.kill('SIGSTOP')
    const second = new Process(t, options, 'b')
    await second.said('step 20')
    first.child.kill('SIGCONT')
    await sleep(500)
    const end = await store.operations.get(asked.id)
    assert.deepEqual([end!.status, end!.result], ['Succeeded', { by: 'b' }])
    assert.ok(!first.lines.includes('step 20'))
  })
})
