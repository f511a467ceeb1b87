import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openService } from '@trusted-launch/service'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import pino from 'pino'
import { generatedOf, MARK } from '../resources/generated.ts'
import { pageOf, pages } from '../resources/pages.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const contract = JSON.parse(read('packages/api/openapi.json'))
const examplesIn = (text: string) =>
  [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, script]) => script!)

test('every endpoint is on a page, and every page tells of endpoints as they are', () => {
  assert.deepEqual(
    Object.keys(contract.paths).filter((path) => pageOf(path) === undefined),
    [],
  )
  const list = read('docs/resources/README.md')
  for (const page of pages) {
    const text = read(`docs/resources/${page.name}.md`)
    assert.ok(text.slice(0, text.indexOf(MARK)).length > 200, `${page.name} says nothing`)
    assert.equal(text.slice(text.indexOf(MARK)), generatedOf(page, contract), 'npm run resources')
    assert.ok(list.includes(`(${page.name}.md)`), page.name)
    assert.equal(examplesIn(text).length, 1, page.name)
  }
})

test('the examples of all pages run as they stand, one after the other', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-resources-'))
  const data = join(folder, 'data')
  const service = await openService({
    ...{ data, location: 'local', publicNames: [], driver: new ScriptedHost() },
    publicPool: ['198.51.100.0/29'],
    ...{ listen: { host: '127.0.0.1', port: 0 }, log: pino({ level: 'silent' }) },
  })
  t.after(async () => {
    await service.close()
    rmSync(folder, { recursive: true })
  })
  const script = join(folder, 'examples.sh')
  const [prelude] = examplesIn(read('docs/resources/README.md'))
  const parts = pages.flatMap(({ name }) =>
    examplesIn(read(`docs/resources/${name}.md`)).map((text) => `echo "== ${name}"\n${text}`),
  )
  writeFileSync(script, [prelude, ...parts].join('\n'))
  const PATH = `${join(process.execPath, '..')}:${process.env.PATH}`
  const child = spawn('bash', ['-euo', 'pipefail', script], {
    ...{ cwd: data, env: { PATH } },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk
    })
  const [code] = await once(child, 'close')
  assert.equal(code, 0, said.slice(-3000))
})
