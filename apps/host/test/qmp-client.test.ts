import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Output } from '../src/output.ts'
import { findProgram, killProcess, spawnDetached } from '../src/process.ts'
import { LINE_LIMIT, LINES_PER_SECOND_MAX, PENDING_LIMIT, QmpClient } from '../src/qmp/client.ts'
import { QmpError } from '../src/qmp/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'tl-qmp-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const GREETING = '{"QMP": {"version": {"qemu": {"major": 7}}, "capabilities": []}}\n'
let sockets = 0

/** A monitor of ours: greets, accepts the capabilities, and then does as told with each line. */
async function monitor(
  t: { after(f: () => void): void },
  onLine: (line: string, to: Socket) => void,
  greeting = GREETING,
) {
  const path = join(folder, `fake-${++sockets}`)
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.write(greeting)
    socket.on('data', (data) => {
      for (const line of data.toString().trim().split('\n'))
        if (line.includes('qmp_capabilities')) socket.write('{"return": {}, "id": 1}\n')
        else onLine(line, socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return path
}

const code = (expected: string) => (e: unknown) => e instanceof QmpError && e.code === expected

test('a real QEMU answers, refuses, announces and quits', async () => {
  const qemu = await spawnDetached(
    findProgram('qemu-system-x86_64') ?? 'qemu-system-x86_64',
    ['-machine', 'none', '-display', 'none', '-nodefaults', '-qmp', 'unix:qmp,server=on,wait=off'],
    { account: null, cwd: folder, output: Output.file(join(folder, 'log')) },
  )
  const events: string[] = []
  let client: QmpClient | undefined
  for (let i = 0; client === undefined; i++)
    try {
      client = await QmpClient.connect(join(folder, 'qmp'), {
        onEvent: (e) => events.push(e.event),
      })
    } catch (e) {
      if (i === 100) throw e
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  try {
    assert.deepEqual(await client.execute('query-status', {}), { status: 'running', running: true })
    assert.ok((await client.execute('query-chardev', {})).length > 0)
    await assert.rejects(
      client.execute('ringbuf-read', { device: 'none', size: 10, format: 'base64' }),
      code('qmp-refused'),
    )
    await client.execute('stop', {})
    await client.execute('quit', {})
    for (let i = 0; i < 100 && client.open; i++) await new Promise((r) => setTimeout(r, 10))
    assert.deepEqual(events, ['STOP', 'SHUTDOWN'])
    await assert.rejects(client.execute('query-status', {}), code('qmp-closed'))
  } finally {
    await killProcess(qemu)
  }
})

test('a monitor that is not there is unreachable', async () => {
  await assert.rejects(QmpClient.connect(join(folder, 'missing')), code('qmp-unreachable'))
})

test('a monitor that never greets is a timeout', async (t) => {
  const path = await monitor(t, () => {}, '')
  await assert.rejects(QmpClient.connect(path, { timeoutMs: 50 }), code('qmp-timeout'))
})

test('an answer that never comes is a timeout, and one that comes late is dropped', async (t) => {
  const path = await monitor(t, (line, to) => {
    const { id } = JSON.parse(line)
    if (line.includes('"stop"')) setTimeout(() => to.write(`{"return": 7, "id": ${id}}\n`), 60)
    else to.write(`{"return": {"status": "running", "running": true}, "id": ${id}}\n`)
  })
  const client = await QmpClient.connect(path)
  await assert.rejects(client.execute('stop', {}, 30), code('qmp-timeout'))
  await new Promise((resolve) => setTimeout(resolve, 60))
  assert.equal((await client.execute('query-status', {})).running, true)
  client.close()
})

test('an answer to a question never asked is dropped', async (t) => {
  const path = await monitor(t, (line, to) => {
    const { id } = JSON.parse(line)
    to.write('{"return": {}, "id": 99}\n{"return": {}, "id": "x"}\n{"return": {}}\n')
    to.write(`{"return": {"status": "paused", "running": false}, "id": ${id}}\n`)
  })
  const client = await QmpClient.connect(path)
  assert.equal((await client.execute('query-status', {})).status, 'paused')
  client.close()
})

test('a monitor that announces without end is closed', async (t) => {
  let heard = 0
  const event = '{"event": "RESET", "data": {"guest": true}}\n'
  const path = await monitor(t, (_, to) => to.write(event.repeat(2 * LINES_PER_SECOND_MAX)))
  const client = await QmpClient.connect(path, { onEvent: () => heard++ })
  await assert.rejects(client.execute('stop', {}), code('qmp-too-many'))
  assert.ok(!client.open && heard > LINES_PER_SECOND_MAX / 2 && heard <= LINES_PER_SECOND_MAX)
})

test('a monitor that announces as much over a longer time is not closed', async (t) => {
  let heard = 0
  const event = '{"event": "RESET", "data": {"guest": true}}\n'
  const path = await monitor(t, (_, to) => to.write(event.repeat(LINES_PER_SECOND_MAX - 10)))
  const client = await QmpClient.connect(path, { onEvent: () => heard++ })
  const asked: Promise<void>[] = []
  for (let i = 1; i <= 2; i++) {
    asked.push(assert.rejects(client.execute('stop', {}), code('qmp-closed')))
    while (client.open && heard < i * (LINES_PER_SECOND_MAX - 10)) await sleep(10)
    await sleep(1_100)
    assert.equal(client.open, true)
  }
  client.close()
  await Promise.all(asked)
})

for (const [what, line] of [
  ['not JSON', 'hello\n'],
  ['an array', '[]\n'],
  ['neither answer nor event', '{"x": 1}\n'],
  ['an event whose data is no object', '{"event": "STOP", "data": []}\n'],
] as const)
  test(`a line that is ${what} ends the connection`, async (t) => {
    const path = await monitor(t, (_, to) => to.write(line))
    let reason: QmpError | undefined
    const client = await QmpClient.connect(path, {
      onClose: (e) => {
        reason = e
      },
    })
    await assert.rejects(client.execute('stop', {}), code('qmp-malformed'))
    assert.equal(client.open, false)
    assert.equal(reason?.code, 'qmp-malformed')
  })

test('an answer of the wrong shape is refused', async (t) => {
  const path = await monitor(t, (line, to) => {
    to.write(`{"return": {"status": 1}, "id": ${JSON.parse(line).id}}\n`)
  })
  const client = await QmpClient.connect(path)
  await assert.rejects(client.execute('query-status', {}), code('qmp-malformed'))
  await assert.rejects(client.execute('query-chardev', {}), code('qmp-malformed'))
  client.close()
})

test('an endless line ends the connection at the limit', async (t) => {
  const path = await monitor(t, (_, to) => {
    const more = () => to.destroyed || to.write('x'.repeat(65_536), more)
    more()
  })
  const client = await QmpClient.connect(path)
  const before = process.memoryUsage().rss
  await assert.rejects(client.execute('stop', {}), code('qmp-too-large'))
  assert.ok(process.memoryUsage().rss - before < 16 * LINE_LIMIT)
})

test('questions beyond the limit are refused at once', async (t) => {
  const path = await monitor(t, () => {})
  const client = await QmpClient.connect(path)
  const asked = Array.from({ length: PENDING_LIMIT }, () => client.execute('stop', {}))
  await assert.rejects(client.execute('stop', {}), code('qmp-too-many'))
  client.close()
  for (const outcome of await Promise.allSettled(asked))
    assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'qmp-closed')
})

test('a monitor that hangs up fails every open question', async (t) => {
  const path = await monitor(t, (_, to) => to.destroy())
  const client = await QmpClient.connect(path)
  await assert.rejects(client.execute('stop', {}), code('qmp-closed'))
})
