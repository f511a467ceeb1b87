import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { ended, firstWords, tl } from './a-service-process.ts'

const root = join(import.meta.dirname, '../..')
const limitMs = 600_000

test("Azure's own client makes a VM that boots, proves it, is switched, judged unhealthy, and removed", {
  timeout: limitMs,
}, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'tl-sdk-'))
  const up = tl(['up', '--data', data, '--listen', '127.0.0.1:0', '--json'])
  t.after(async () => {
    await ended(tl(['down', '--data', data, '--vms']))
    rmSync(data, { recursive: true, force: true })
  })
  await firstWords(up)
  const { caFile } = JSON.parse(readFileSync(join(data, 'admin.json'), 'utf8'))
  const story = spawn(process.execPath, ['tests/clients/azure-sdk.ts', join(data, 'admin.json')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
  })
  for await (const line of createInterface({ input: story.stdout! })) t.diagnostic(line)
  const code = await ended(story)
  if (code !== 0) for (const line of lastLines(data)) t.diagnostic(line)
  assert.equal(code, 0)
})

/** The end of each VM's console: what a boot that did not end well said last. */
function lastLines(data: string): string[] {
  return globSync(join(data, 'host/vms/*/console.log')).flatMap((path) =>
    readFileSync(path, 'latin1').replaceAll('\0', '').split('\n').slice(-30),
  )
}
