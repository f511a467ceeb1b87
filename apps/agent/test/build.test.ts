import assert from 'node:assert/strict'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { buildAgent } from '@trusted-launch/agent'
import { bundle } from '../src/build/bundle.ts'
import { root } from '../src/build/root.ts'
import { toolsMissing } from './an-agent.ts'

const skip = { skip: toolsMissing }
const golden = fileURLToPath(new URL('bundle-inputs.txt', import.meta.url))
const entry = join(root, 'apps/agent/src/main.ts')

test('the bundle holds exactly the files of the golden list', async () => {
  const { inputs } = await bundle(entry, '0.0.0')
  const listed = `${inputs.join('\n')}\n`
  if (process.execArgv.includes('--test-update-snapshots')) writeFileSync(golden, listed)
  assert.equal(listed, readFileSync(golden, 'utf8'), 'npm run golden renews it; review the diff')
})

/** All that the agent asks of its machine. */
const callsAllowed = {
  os: 'O_RDONLY O_RDWR SIGPIPE close open read readdir seek setReadHandler setTimeout setWriteHandler signal write',
  std: 'SEEK_SET err exit strerror',
}

test('the agent asks its machine for files and timers only: no command, no network', async () => {
  const { code, inputs } = await bundle(entry, '0.0.0')
  const sources = inputs.map((path) => readFileSync(join(root, path), 'utf8')).join('\n')
  for (const [module, allowed] of Object.entries(callsAllowed)) {
    const used = [...sources.matchAll(new RegExp(`\\b${module}\\.(\\w+)`, 'g'))]
    assert.equal([...new Set(used.map((match) => match[1]))].sort().join(' '), allowed)
    const imported = sources.match(new RegExp(`.*from '${module}'$`, 'gm'))!
    assert.deepEqual([...new Set(imported)], [`import * as ${module} from '${module}'`])
  }
  const imports = [
    ...Buffer.from(code)
      .toString()
      .matchAll(/\bfrom"([^"]*)"/g),
  ]
  assert.deepEqual([...new Set(imports.map((match) => match[1]))].sort(), ['os', 'std'])
  assert.doesNotMatch(sources, /\bimport\(|\beval\(|\bFunction\(/)
})

test(
  'the agent is one static program of at most 0.75 MB, and found again when nothing changed',
  skip,
  async () => {
    const built = await buildAgent()
    assert.ok(built.sizeBytes <= 750_000, `${built.sizeBytes} bytes`)
    const elf = readFileSync(built.path)
    assert.equal(elf.toString('latin1', 1, 4), 'ELF')
    assert.ok(!elf.includes('ld-musl') && !elf.includes('ld-linux'), 'no interpreter')
    const said: string[] = []
    assert.deepEqual(await buildAgent({ progress: (text) => said.push(text) }), built)
    assert.deepEqual(said, [])
  },
)

test(
  'the same sources in another folder, with another cache, give the same bytes',
  skip,
  async (t) => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'agent-elsewhere-'))
    t.after(() => rmSync(elsewhere, { recursive: true }))
    for (const path of ['package.json', 'packages', 'apps/agent']) copy(path, elsewhere)
    mkdirSync(join(elsewhere, 'node_modules/@trusted-launch'), { recursive: true })
    for (const name of ['qjsc', 'esbuild', '@esbuild'])
      symlinkSync(join(root, 'node_modules', name), join(elsewhere, 'node_modules', name))
    for (const name of readdirSync(join(elsewhere, 'packages')))
      link(elsewhere, name, `packages/${name}`)
    const there = await import(join(elsewhere, 'apps/agent/src/build.ts'))
    const { path, sha256 } = await there.buildAgent()
    assert.ok(path.startsWith(elsewhere))
    assert.equal(sha256, (await buildAgent()).sha256)
    assert.deepEqual(
      readdirSync(join(elsewhere, '.cache/agent')).map((name) => name.split('-')[0]),
      ['agent', 'quickjs'],
      'nothing half-made stays',
    )
  },
)

function copy(path: string, elsewhere: string): void {
  const filter = (source: string) => !/\/(node_modules|\.cache|testdata)(\/|$)/.test(source)
  cpSync(join(root, path), join(elsewhere, path), { recursive: true, filter })
}

function link(elsewhere: string, name: string, target: string): void {
  symlinkSync(join(elsewhere, target), join(elsewhere, 'node_modules/@trusted-launch', name))
}
