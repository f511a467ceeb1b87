import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { RunningCommands } from '../src/machine/running-commands.ts'
import { SocketFolder } from '../src/machine/socket-folder.ts'

type Answer = (asked: any, socket: Socket) => unknown

/** An agent of ours behind QEMU's port: it really runs what it is told to. */
async function anAgent(t: TestContext, other: Record<string, Answer> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-commands-'))
  let end = {}
  const answers: Record<string, Answer> = {
    'guest-sync-delimited': ({ id }) => id,
    'guest-exec': ({ path, arg, env, 'input-data': input }) => {
      const { status, stdout, stderr } = spawnSync(path, arg, {
        input: Buffer.from(input, 'base64'),
        env: {
          PATH: process.env.PATH,
          ...Object.fromEntries(env.map((one: string) => one.split('='))),
        },
      })
      const [out, err] = [stdout, stderr].map((bytes) => bytes.toString('base64'))
      end = { exited: true, exitcode: status, 'out-data': out, 'err-data': err }
      return { pid: 1 }
    },
    'guest-exec-status': () => end,
    ...other,
  }
  const server = createServer((socket) => {
    socket.on('error', () => {})
    let text = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      text = Buffer.concat([text, bytes])
      for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10)) {
        const line = text.subarray(0, at)
        text = text.subarray(at + 1)
        const { execute, arguments: asked } = JSON.parse(
          line.subarray(line.lastIndexOf(0xff) + 1).toString(),
        )
        const answer = answers[execute]!(asked, socket)
        if (answer !== undefined) socket.write(`${JSON.stringify({ return: answer })}\n`)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(join(folder, 'commands'), resolve))
  const sockets = new SocketFolder(folder)
  t.after(() => {
    sockets.close()
    server.close()
    rmSync(folder, { recursive: true })
  })
  return new RunningCommands(sockets)
}

const script = (text: string, timeoutSeconds = 20) => ({
  script: text,
  environment: { NAME: 'Ann' },
  timeoutSeconds,
})

test('a script runs with its environment, and both its outputs and its exit code come back', async (t) => {
  const commands = await anAgent(t)
  const end = await commands.run(script('echo "hello $NAME"; echo oh >&2; exit 3'))
  assert.deepEqual(end, { exitCode: 3, stdout: 'hello Ann\n', stderr: 'oh\n' })
})

test('a script’s first line says what runs it', async (t) => {
  const commands = await anAgent(t)
  const end = await commands.run(script('#!/usr/bin/env -S awk -f\nBEGIN { print 6 * 7 }'))
  assert.deepEqual([end.exitCode, end.stdout], [0, '42\n'])
})

test('only the ends of what a script writes come back, and one that takes too long is ended', async (t) => {
  const commands = await anAgent(t)
  const long = await commands.run(
    script('yes | head -c 100000; echo end; yes | head -c 100000 >&2'),
  )
  assert.equal(long.stdout.length, 4096)
  assert.ok(long.stdout.endsWith('y\nend\n'))
  assert.equal(long.stderr.length, 4096)
  const late = await commands.run(script('echo begun; sleep 60', 1))
  assert.deepEqual([late.exitCode, late.stdout], [124, 'begun\n'])
})

test('what an agent said before it was asked, and bytes before the mark, are passed over', async (t) => {
  const commands = await anAgent(t, {
    'guest-sync-delimited': ({ id }, socket) => {
      socket.write(`{"return": 7}\n\x00junk`)
      socket.write(Buffer.of(0xff))
      socket.write(`${JSON.stringify({ return: id })}\n`)
    },
  })
  assert.equal((await commands.run(script('exit 5'))).exitCode, 5)
})

for (const [what, code, other] of [
  ['hangs up', 'machine-commands-silent', { 'guest-exec': (_: any, s: Socket) => s.end() }],
  [
    'says what is no JSON',
    'machine-command-failed',
    { 'guest-exec': (_: any, s: Socket) => void s.write('hello\n') },
  ],
  [
    'never ends its line',
    'machine-command-failed',
    { 'guest-exec': (_: any, s: Socket) => void s.write('x'.repeat(200_000)) },
  ],
  [
    'refuses',
    'machine-command-failed',
    {
      'guest-exec': (_: any, s: Socket) =>
        void s.write('{"error": {"class": "CommandNotFound", "desc": "blocked"}}\n'),
    },
  ],
] as const)
  test(`an agent that ${what} is told as such`, async (t) => {
    const commands = await anAgent(t, other as Record<string, Answer>)
    await assert.rejects(commands.run(script('true')), { code })
  })

test('where nobody listens the port is said to be silent', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-commands-'))
  const sockets = new SocketFolder(folder)
  t.after(() => {
    sockets.close()
    rmSync(folder, { recursive: true })
  })
  const commands = new RunningCommands(sockets)
  await assert.rejects(commands.run(script('true')), { code: 'machine-commands-silent' })
})
