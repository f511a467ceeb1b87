import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import type { Store } from '../../src/domain/store.ts'
import type { StoreOptions } from '../../src/store/open-engine.ts'
import { onEach } from './databases.ts'
import { operation, VM, vm, vmId } from './samples.ts'

const program = join(import.meta.dirname, 'process.ts')

function beside(deed: string, options: StoreOptions, argument = ''): ChildProcess {
  const args = [program, deed, JSON.stringify(options), argument]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** What a process said until it ended; `look` sees each line. */
async function linesOf(child: ChildProcess, look: (count: number) => void = () => {}) {
  const lines: string[] = []
  const ended = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line)
    look(lines.length)
  }
  await ended
  return lines
}

async function everything(store: Store): Promise<readonly string[]> {
  const names: string[] = []
  let after = ''
  for (;;) {
    const page = await store.resources.list({ type: VM, limit: 1000, after })
    names.push(...page.map(({ name }) => name))
    if (page.length < 1000) return names
    after = page.at(-1)!.id.toLowerCase()
  }
}

onEach((database) => {
  test('what was acknowledged is there after a kill in the middle of it, and nothing is there by half', async () => {
    for (const round of [1, 2, 3]) {
      const options = await database.fresh()
      const writer = beside('write', options)
      const enough = 200 * round + Math.floor(Math.random() * 200)
      const acknowledged = await linesOf(writer, (count) => {
        if (count >= enough) writer.kill('SIGKILL')
      })
      const store = await database.store(options)
      const kept = new Set(await everything(store))
      assert.deepEqual(
        acknowledged.filter((name) => !kept.has(name)),
        [],
      )
      const { entries, brokenAt } = await store.audit.verify()
      assert.deepEqual([entries, brokenAt], [kept.size, null])
      await store.transaction(({ resources }) => resources.insert(vm('next'), 1))
    }
  })

  test('of two processes that claim, each operation is one’s', async () => {
    const options = await database.fresh()
    const store = await database.store(options)
    const ids = Array.from({ length: 200 }, (_, i) => operation(`vm${i % 120}`))
    await Promise.all(ids.map((each) => store.operations.enqueue(each, 1)))
    const claims = ['w', 'v'].map((owner) => linesOf(beside('claim', options, owner)))
    const claimed = (await Promise.all(claims)).flat()
    assert.equal(claimed.length, 200)
    assert.deepEqual(claimed.sort(), ids.map(({ id }) => id).sort())
    assert.equal((await store.operations.list({ unfinished: true, limit: 1 })).length, 0)
  })

  test('processes that open a new database at once find it made once', async () => {
    const options = await database.fresh()
    const opened = await Promise.all([1, 2, 3].map(() => linesOf(beside('open', options))))
    assert.deepEqual(opened, [['opened'], ['opened'], ['opened']])
    await (await database.store(options)).resources.insert(vm('a'), 1)
  })

  test('a process that stands still in a change holds up the others for seconds, and changes nothing', {
    skip: database.name === 'SQLite' && 'a stopped process keeps a file’s lock until it ends',
  }, async () => {
    const options = await database.fresh()
    const store = await database.store(options)
    const hung = beside('hang', options)
    await once(hung.stdout!, 'data')
    const started = performance.now()
    await store.resources.insert(vm('a'), 1)
    assert.ok(performance.now() - started < 9_000)
    const ended = once(hung, 'exit')
    hung.kill('SIGKILL')
    await ended
    assert.equal(await store.resources.get(vmId('hung')), null)
  })
})
